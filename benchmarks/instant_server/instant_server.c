/* A SurrealDB that answers at once: its CBOR RPC over WebSocket, with made-up results.
 *
 * It owns just enough of the protocol for clients to run at full speed against it, so that what a
 * benchmark measures is the client. It knows no SurrealQL beyond the first word of a statement,
 * checks no password, keeps no data. Shapes are those of SurrealDB 3.3.5.
 *
 *     instant_server [SECONDS]
 *
 * Prints the port on 127.0.0.1 that it listens on, and ends when its standard input does (so with
 * the process that started it) or after SECONDS, at most an hour.
 *
 * A query is answered with one result for each statement: `RETURN $x` with the value of the first
 * variable, `RETURN 7` with the number, SELECT, CREATE, UPDATE, UPSERT and DELETE with one record
 * that has the id given as a variable, anything else with NONE. So a client can check that it got
 * the answer to its own question.
 *
 * One thread; every reply to the requests of one read leaves in one write. All buffers are bounded:
 * a client that breaks a limit is closed, one that does not read is not read from.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    LONGEST_MESSAGE = 1024 * 1024,
    LONGEST_FRAME = LONGEST_MESSAGE + 14,
    LONGEST_HANDSHAKE = 8 * 1024,
    MOST_REPLIES = 8 * 1024 * 1024, /* bytes that one read may cause */
    MOST_STATEMENTS = 64,
    MOST_SESSIONS = 256, /* of a socket, as SurrealDB has it */
    DEEPEST_VALUE = 128,
    MOST_EVENTS = 512,
    LONGEST_LIFE_SECONDS = 3600,
};

static void *checked(void *memory) {
    if (memory == NULL) {
        fputs("instant_server: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* -- buffers ---------------------------------------------------------------------------------- */

typedef struct {
    uint8_t *bytes;
    size_t size, room;
} Buffer;

static uint8_t *grow(Buffer *buffer, size_t more) {
    if (buffer->size + more > buffer->room) {
        buffer->room = (buffer->size + more) * 2;
        buffer->bytes = checked(realloc(buffer->bytes, buffer->room));
    }
    uint8_t *at = buffer->bytes + buffer->size;
    buffer->size += more;
    return at;
}

static void put(Buffer *buffer, const void *bytes, size_t size) {
    if (size > 0) memcpy(grow(buffer, size), bytes, size);
}

static void drop_front(Buffer *buffer, size_t size) {
    buffer->size -= size;
    if (buffer->size > 0) memmove(buffer->bytes, buffer->bytes + size, buffer->size);
}

static void release(Buffer *buffer) {
    free(buffer->bytes);
    *buffer = (Buffer){0};
}

/* -- CBOR ------------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *at, *end;
} Span;

enum { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { TAG_NONE = 6, TAG_RECORD_ID = 8, TAG_UUID = 37 };

typedef struct {
    int major;
    uint64_t value;
} Head;

/* Reads a head and moves behind it. Items of indefinite length are refused: no client sends any. */
static bool read_head(Span *span, Head *head) {
    if (span->at >= span->end) return false;
    uint8_t first = *span->at++;
    unsigned detail = first & 31;
    head->major = first >> 5;
    head->value = detail;
    if (detail < 24) return true;
    if (detail > 27) return false;
    size_t width = (size_t)1 << (detail - 24);
    if ((size_t)(span->end - span->at) < width) return false;
    head->value = 0;
    for (size_t i = 0; i < width; i++) head->value = head->value << 8 | *span->at++;
    return true;
}

/* Moves behind one whole value, whatever it is. */
static bool skip_value(Span *span, int depth) {
    Head head;
    if (depth > DEEPEST_VALUE || !read_head(span, &head)) return false;
    uint64_t inner = 0;
    switch (head.major) {
    case BYTES:
    case TEXT:
        if ((uint64_t)(span->end - span->at) < head.value) return false;
        span->at += head.value;
        return true;
    case ARRAY: inner = head.value; break;
    case MAP: inner = head.value > UINT64_MAX / 2 ? UINT64_MAX : head.value * 2; break;
    case TAG: inner = 1; break;
    default: return true;
    }
    while (inner-- > 0)
        if (!skip_value(span, depth + 1)) return false;
    return true;
}

/* Takes one whole value off the front. */
static bool take_value(Span *span, Span *value) {
    value->at = span->at;
    if (!skip_value(span, 0)) return false;
    value->end = span->at;
    return true;
}

static bool take_text(Span *span, Span *text) {
    Head head;
    if (!read_head(span, &head) || head.major != TEXT) return false;
    if ((uint64_t)(span->end - span->at) < head.value) return false;
    *text = (Span){span->at, span->at + head.value};
    span->at = text->end;
    return true;
}

static size_t length(Span span) { return (size_t)(span.end - span.at); }

static bool is(Span text, const char *word) {
    return length(text) == strlen(word) && memcmp(text.at, word, length(text)) == 0;
}

static void put_head(Buffer *out, int major, uint64_t value) {
    uint8_t *at;
    if (value < 24) {
        *grow(out, 1) = (uint8_t)(major << 5 | (int)value);
        return;
    }
    int width = value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;
    at = grow(out, 1 + (size_t)width);
    *at++ = (uint8_t)(major << 5 | (width == 1 ? 24 : width == 2 ? 25 : width == 4 ? 26 : 27));
    for (int i = width - 1; i >= 0; i--) *at++ = (uint8_t)(value >> (8 * i));
}

static void put_text(Buffer *out, const char *text) {
    put_head(out, TEXT, strlen(text));
    put(out, text, strlen(text));
}

static void put_span(Buffer *out, Span span) { put(out, span.at, length(span)); }

static void put_none(Buffer *out) {
    put_head(out, TAG, TAG_NONE);
    put_head(out, SIMPLE, 22);
}

/* -- sessions --------------------------------------------------------------------------------- */

typedef struct {
    uint64_t high, low;
} Uuid;

typedef struct {
    int count;
    Uuid ids[];
} Sessions;

/* A UUID as tagged bytes or as text. */
static bool read_uuid(Span value, Uuid *id) {
    Head head;
    *id = (Uuid){0, 0};
    if (!read_head(&value, &head)) return false;
    if (head.major == TEXT) {
        int digits = 0;
        for (; value.at < value.end; value.at++) {
            int c = *value.at, digit;
            if (c == '-') continue;
            if (c >= '0' && c <= '9') digit = c - '0';
            else if ((c | 32) >= 'a' && (c | 32) <= 'f') digit = (c | 32) - 'a' + 10;
            else return false;
            id->high = id->high << 4 | id->low >> 60;
            id->low = id->low << 4 | (uint64_t)digit;
            digits++;
        }
        return digits == 32;
    }
    if (head.major != TAG || head.value != TAG_UUID) return false;
    if (!read_head(&value, &head) || head.major != BYTES || length(value) != 16) return false;
    for (int i = 0; i < 8; i++) id->high = id->high << 8 | value.at[i];
    for (int i = 8; i < 16; i++) id->low = id->low << 8 | value.at[i];
    return true;
}

static int find_session(const Sessions *sessions, Uuid id) {
    for (int i = 0; sessions != NULL && i < sessions->count; i++)
        if (sessions->ids[i].low == id.low && sessions->ids[i].high == id.high) return i;
    return -1;
}

/* -- connections ------------------------------------------------------------------------------ */

typedef struct {
    int fd;
    bool talking;     /* the handshake is over */
    Buffer in;        /* the beginning of a frame whose rest has not come */
    Buffer out;       /* what the peer has not read yet; while there is some, it is not read from */
    Sessions *sessions;
} Connection;

/* -- replies ---------------------------------------------------------------------------------- */

typedef struct {
    Span id, method, params, session;
} Request;

static bool read_request(Span message, Request *request) {
    Head head;
    *request = (Request){0};
    if (!read_head(&message, &head) || head.major != MAP) return false;
    for (uint64_t i = 0; i < head.value; i++) {
        Span key, value;
        if (!take_text(&message, &key)) return false;
        if (is(key, "method")) {
            if (!take_text(&message, &request->method)) return false;
            continue;
        }
        if (!take_value(&message, &value)) return false;
        if (is(key, "id")) request->id = value;
        else if (is(key, "params")) request->params = value;
        else if (is(key, "session")) request->session = value;
    }
    return request->id.at != NULL && request->method.at != NULL && message.at == message.end;
}

static void begin_reply(Buffer *out, const Request *request, const char *outcome) {
    put_head(out, MAP, 2);
    put_text(out, "id");
    put_span(out, request->id);
    put_text(out, outcome);
}

static void put_error(
    Buffer *out, const Request *request, int code, const char *kind, const char *message
) {
    begin_reply(out, request, "error");
    put_head(out, MAP, 3);
    put_text(out, "code");
    put_head(out, NEGATIVE, (uint64_t)(-1 - code));
    put_text(out, "kind");
    put_text(out, kind);
    put_text(out, "message");
    put_text(out, message);
}

/* The variables of a query: the first value, and the first that is a record id. */
typedef struct {
    Span first, record;
} Variables;

static bool read_variables(Span params, Variables *variables) {
    Head head;
    *variables = (Variables){0};
    if (params.at == params.end) return true; /* a query without any */
    if (!read_head(&params, &head)) return false;
    if (head.major != MAP) return true; /* NONE */
    for (uint64_t i = 0; i < head.value; i++) {
        Span key, value;
        if (!take_text(&params, &key) || !take_value(&params, &value)) return false;
        if (variables->first.at == NULL) variables->first = value;
        Span inside = value;
        Head tag;
        if (read_head(&inside, &tag) && tag.major == TAG && tag.value == TAG_RECORD_ID) {
            variables->record = value;
            return true;
        }
    }
    return true;
}

static void put_record(Buffer *out, Span id) {
    put_head(out, MAP, 4);
    put_text(out, "id");
    put_span(out, id);
    put_text(out, "name");
    put_text(out, "Tobie Example");
    put_text(out, "age");
    put_head(out, UNSIGNED, 42);
    put_text(out, "tags");
    put_head(out, ARRAY, 2);
    put_text(out, "alpha");
    put_text(out, "beta");
}

static bool starts_with(Span text, const char *word) {
    size_t size = strlen(word);
    return length(text) > size && strncasecmp((const char *)text.at, word, size) == 0 &&
           (text.at[size] == ' ' || text.at[size] == '\n');
}

static void put_returned(Buffer *out, Span statement, const Variables *variables) {
    uint64_t number = 0;
    const uint8_t *at = statement.at + strlen("RETURN ");
    if (at < statement.end && *at == '$' && variables->first.at != NULL) {
        put_span(out, variables->first);
    } else if (at < statement.end && *at >= '0' && *at <= '9') {
        while (at < statement.end && *at >= '0' && *at <= '9') number = number * 10 + (*at++ - '0');
        put_head(out, UNSIGNED, number);
    } else {
        put_none(out);
    }
}

static void put_result(Buffer *out, Span statement, const Variables *variables) {
    static const char *const verbs[] = {"SELECT", "CREATE", "UPDATE", "UPSERT", "DELETE"};
    if (starts_with(statement, "RETURN")) {
        put_returned(out, statement, variables);
        return;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!starts_with(statement, verbs[i])) continue;
        put_head(out, ARRAY, variables->record.at != NULL);
        if (variables->record.at != NULL) put_record(out, variables->record);
        return;
    }
    put_none(out);
}

/* Cuts the text at semicolons outside quotes; false when there are too many statements. */
static bool split_statements(Span text, Span *statements, size_t *count) {
    *count = 0;
    while (text.at < text.end) {
        while (text.at < text.end && (*text.at == ' ' || *text.at == '\n' || *text.at == ';'))
            text.at++;
        Span statement = {text.at, text.at};
        uint8_t quote = 0;
        for (; text.at < text.end && (quote != 0 || *text.at != ';'); text.at++) {
            if (quote != 0) quote = *text.at == quote ? 0 : quote;
            else if (*text.at == '\'' || *text.at == '"' || *text.at == '`') quote = *text.at;
        }
        statement.end = text.at;
        if (length(statement) == 0) continue;
        if (*count == MOST_STATEMENTS) return false;
        statements[(*count)++] = statement;
    }
    return true;
}

static void answer_query(Buffer *out, const Request *request) {
    Span params = request->params, text, statements[MOST_STATEMENTS];
    Variables variables;
    Head head;
    size_t count;
    if (params.at == NULL || !read_head(&params, &head) || head.major != ARRAY ||
        !take_text(&params, &text) || !read_variables(params, &variables) ||
        !split_statements(text, statements, &count)) {
        put_error(out, request, -32602, "Validation", "Invalid params");
        return;
    }
    begin_reply(out, request, "result");
    put_head(out, ARRAY, count);
    for (size_t i = 0; i < count; i++) {
        put_head(out, MAP, 3);
        put_text(out, "status");
        put_text(out, "OK");
        put_text(out, "result");
        put_result(out, statements[i], &variables);
        put_text(out, "time");
        put_text(out, "1µs");
    }
}

static void answer_attach(Buffer *out, const Request *request, Connection *connection) {
    Uuid id;
    if (request->session.at == NULL || !read_uuid(request->session, &id)) {
        put_error(out, request, -32602, "Validation", "Expected a session ID");
        return;
    }
    if (find_session(connection->sessions, id) >= 0) {
        put_error(out, request, -32600, "AlreadyExists", "Session already exists");
        return;
    }
    if (connection->sessions == NULL)
        connection->sessions = checked(calloc(1, sizeof(Sessions) + MOST_SESSIONS * sizeof(Uuid)));
    if (connection->sessions->count == MOST_SESSIONS) {
        put_error(out, request, -32602, "NotAllowed", "Method not allowed");
        return;
    }
    connection->sessions->ids[connection->sessions->count++] = id;
    begin_reply(out, request, "result");
    put_none(out);
}

static void answer_detach(Buffer *out, const Request *request, Connection *connection, int which) {
    if (which >= 0) {
        Sessions *sessions = connection->sessions;
        sessions->ids[which] = sessions->ids[--sessions->count];
    }
    begin_reply(out, request, "result");
    put_none(out);
}

static void put_sessions(Buffer *out, const Sessions *sessions) {
    put_head(out, ARRAY, sessions == NULL ? 0 : (uint64_t)sessions->count);
    for (int i = 0; sessions != NULL && i < sessions->count; i++) {
        put_head(out, TAG, TAG_UUID);
        put_head(out, BYTES, 16);
        for (int b = 56; b >= 0; b -= 8) *grow(out, 1) = (uint8_t)(sessions->ids[i].high >> b);
        for (int b = 56; b >= 0; b -= 8) *grow(out, 1) = (uint8_t)(sessions->ids[i].low >> b);
    }
}

static void answer_use(Buffer *out, const Request *request) {
    Span params = request->params, names[2] = {{0}};
    Head head;
    if (params.at != NULL && read_head(&params, &head) && head.major == ARRAY)
        for (uint64_t i = 0; i < head.value && i < 2; i++)
            if (!take_value(&params, &names[i])) break;
    begin_reply(out, request, "result");
    put_head(out, MAP, 2);
    for (int i = 0; i < 2; i++) {
        put_text(out, i == 0 ? "namespace" : "database");
        if (names[i].at != NULL) put_span(out, names[i]);
        else put_none(out);
    }
}

/* A JSON Web Token of nobody: {"alg":"none"} {"iat":1700000000,"exp":4100000000,"ID":"root"} */
static const char token[] =
    "eyJhbGciOiJub25lIn0."
    "eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMDAwMDAwMCwiSUQiOiJyb290In0."
    "instant";

static bool is_any_of(Span text, const char *const *words) {
    for (; *words != NULL; words++)
        if (is(text, *words)) return true;
    return false;
}

static void answer(Buffer *out, const Request *request, Connection *connection) {
    static const char *const answered_with_none[] = {
        "ping", "authenticate", "invalidate", "let", "set", "unset", "reset", "info", NULL,
    };
    Span method = request->method;
    int which = -1;
    if (is(method, "attach")) {
        answer_attach(out, request, connection);
        return;
    }
    if (request->session.at != NULL) {
        Uuid id;
        which = read_uuid(request->session, &id) ? find_session(connection->sessions, id) : -1;
        if (which < 0) {
            put_error(out, request, -32600, "NotFound", "Session not found");
            return;
        }
    }
    if (is(method, "query")) {
        answer_query(out, request);
    } else if (is(method, "use")) {
        answer_use(out, request);
    } else if (is(method, "detach")) {
        answer_detach(out, request, connection, which);
    } else if (is(method, "sessions")) {
        begin_reply(out, request, "result");
        put_sessions(out, connection->sessions);
    } else if (is(method, "signin") || is(method, "signup")) {
        begin_reply(out, request, "result");
        put_text(out, token);
    } else if (is(method, "version")) {
        begin_reply(out, request, "result");
        put_text(out, "surrealdb-3.3.5");
    } else if (is_any_of(method, answered_with_none)) {
        begin_reply(out, request, "result");
        put_none(out);
    } else {
        put_error(out, request, -32601, "NotFound", "Method not found");
    }
}

/* -- WebSocket -------------------------------------------------------------------------------- */

enum { CONTINUATION, TEXT_FRAME, BINARY_FRAME, CLOSE = 8, PING, PONG };

/* Puts the header of a frame in front of what was written since `start`. */
static void frame_it(Buffer *out, size_t start, int opcode) {
    size_t size = out->size - start;
    uint8_t header[10] = {(uint8_t)(0x80 | opcode)};
    size_t width = size < 126 ? 2 : size <= UINT16_MAX ? 4 : 10;
    header[1] = size < 126 ? (uint8_t)size : size <= UINT16_MAX ? 126 : 127;
    for (size_t i = 2; i < width; i++) header[i] = (uint8_t)(size >> (8 * (width - 1 - i)));
    grow(out, width);
    memmove(out->bytes + start + width, out->bytes + start, size);
    memcpy(out->bytes + start, header, width);
}

static void put_frame(Buffer *out, int opcode, const uint8_t *bytes, size_t size) {
    size_t start = out->size;
    put(out, bytes, size);
    frame_it(out, start, opcode);
}

static bool say_goodbye(Buffer *out, int code) {
    put_frame(out, CLOSE, (uint8_t[]){(uint8_t)(code >> 8), (uint8_t)code}, 2);
    return false;
}

static void unmask(uint8_t *bytes, size_t size, const uint8_t mask[4]) {
    uint64_t wide;
    uint8_t twice[8] = {mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]};
    memcpy(&wide, twice, 8);
    for (; size >= 8; size -= 8, bytes += 8) {
        uint64_t eight;
        memcpy(&eight, bytes, 8);
        eight ^= wide;
        memcpy(bytes, &eight, 8);
    }
    for (size_t i = 0; i < size; i++) bytes[i] ^= mask[i & 3];
}

/* Answers one whole frame; false: close after writing what is in `out`. */
static bool take_frame(Buffer *out, int opcode, Span payload, Connection *connection) {
    size_t start = out->size;
    Request request;
    switch (opcode) {
    case BINARY_FRAME:
        if (read_request(payload, &request)) {
            answer(out, &request, connection);
        } else {
            put_head(out, MAP, 1);
            put_text(out, "error");
            put_head(out, MAP, 2);
            put_text(out, "code");
            put_head(out, NEGATIVE, 32699);
            put_text(out, "message");
            put_text(out, "Parse error");
        }
        frame_it(out, start, BINARY_FRAME);
        return true;
    case PING: put_frame(out, PONG, payload.at, length(payload)); return true;
    case PONG: return true;
    case CLOSE: put_frame(out, CLOSE, payload.at, length(payload) < 2 ? 0 : 2); return false;
    default: return say_goodbye(out, 1003);
    }
}

/* Answers all whole frames of `bytes` and says how many bytes those were. Messages in several
 * frames are refused: clients send each in one. False: close after writing what is in `out`. */
static bool take_frames(
    Buffer *out, uint8_t *bytes, size_t size, size_t *used, Connection *connection
) {
    *used = 0;
    while (size - *used >= 6) {
        uint8_t *at = bytes + *used;
        size_t left = size - *used, header = 6, payload = at[1] & 127;
        if ((at[0] & 0xf0) != 0x80 || (at[1] & 0x80) == 0) return say_goodbye(out, 1002);
        if (payload >= 126) {
            size_t width = payload == 126 ? 2 : 8;
            header += width;
            if (left < header) break;
            payload = 0;
            for (size_t i = 0; i < width; i++) payload = payload << 8 | at[2 + i];
        }
        if (payload > LONGEST_MESSAGE) return say_goodbye(out, 1009);
        if (left < header + payload) break;
        unmask(at + header, payload, at + header - 4);
        *used += header + payload;
        Span message = {at + header, at + header + payload};
        if (!take_frame(out, at[0] & 15, message, connection)) return false;
        if (out->size > MOST_REPLIES) return say_goodbye(out, 1008);
    }
    return true;
}

/* -- handshake -------------------------------------------------------------------------------- */

static uint32_t rotate(uint32_t value, int by) { return value << by | value >> (32 - by); }

static void sha1_block(uint32_t state[5], const uint8_t block[64]) {
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[i * 4] << 24 | (uint32_t)block[i * 4 + 1] << 16 |
               (uint32_t)block[i * 4 + 2] << 8 | block[i * 4 + 3];
    for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t mix, add;
        if (i < 20) mix = (b & c) | (~b & d), add = 0x5a827999;
        else if (i < 40) mix = b ^ c ^ d, add = 0x6ed9eba1;
        else if (i < 60) mix = (b & c) | (b & d) | (c & d), add = 0x8f1bbcdc;
        else mix = b ^ c ^ d, add = 0xca62c1d6;
        uint32_t next = rotate(a, 5) + mix + e + add + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* SHA-1 (FIPS 180-4) of at most 119 bytes: two blocks. */
static void sha1(const char *text, uint8_t digest[20]) {
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t blocks[128] = {0};
    size_t size = strlen(text), whole = size < 56 ? 64 : 128;
    memcpy(blocks, text, size);
    blocks[size] = 0x80;
    blocks[whole - 2] = (uint8_t)(size * 8 >> 8);
    blocks[whole - 1] = (uint8_t)(size * 8);
    for (size_t i = 0; i < whole; i += 64) sha1_block(state, blocks + i);
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64_of_20(const uint8_t bytes[20], char text[29]) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t padded[21] = {0};
    memcpy(padded, bytes, 20);
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)padded[i * 3] << 16 | (uint32_t)padded[i * 3 + 1] << 8 |
                         padded[i * 3 + 2];
        for (int j = 0; j < 4; j++) text[i * 4 + j] = letters[three >> (18 - 6 * j) & 63];
    }
    text[27] = '=';
    text[28] = 0;
}

/* The value of a header, on one line; false when it is not there or longer than `room`. */
static bool read_header(const char *request, const char *name, char *value, size_t room) {
    const char *line = strcasestr(request, name);
    if (line == NULL) return false;
    line += strlen(name);
    line += strspn(line, " \t");
    size_t size = strcspn(line, "\r\n");
    while (size > 0 && line[size - 1] == ' ') size--;
    if (size >= room) return false;
    memcpy(value, line, size);
    value[size] = 0;
    return true;
}

/* `request` ends with a zero. False: it is no WebSocket of ours; close after the answer. */
static bool shake_hands(Buffer *out, const char *request) {
    char key[64], protocols[256], accept[29], reply[256];
    uint8_t digest[20];
    if (!read_header(request, "\r\nSec-WebSocket-Key:", key, 60) ||
        !read_header(request, "\r\nSec-WebSocket-Protocol:", protocols, sizeof protocols) ||
        strstr(protocols, "cbor") == NULL) {
        static const char refusal[] =
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        put(out, refusal, sizeof refusal - 1);
        return false;
    }
    char joined[120];
    snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(joined, digest);
    base64_of_20(digest, accept);
    int size = snprintf(
        reply, sizeof reply,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: cbor\r\n\r\n",
        accept
    );
    put(out, reply, (size_t)size);
    return true;
}

static bool take_handshake(Buffer *out, uint8_t *bytes, size_t size, size_t *used, bool *done) {
    uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
    *used = 0;
    *done = end != NULL;
    if (end == NULL) return size <= LONGEST_HANDSHAKE;
    *used = (size_t)(end - bytes) + 4;
    end[2] = 0; /* after the line break of the last header */
    return shake_hands(out, (const char *)bytes);
}

/* -- the loop --------------------------------------------------------------------------------- */

static int poller;
static Buffer replies;
static uint8_t scratch[READ_BYTES];

static void forget(Connection *connection) {
    close(connection->fd);
    release(&connection->in);
    release(&connection->out);
    free(connection->sessions);
    free(connection);
}

static void watch(Connection *connection, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event);
}

/* Writes the replies; what the peer has no room for is kept. False: it has gone. */
static bool write_replies(Connection *connection) {
    ssize_t sent = 0;
    if (replies.size > 0) {
        sent = send(connection->fd, replies.bytes, replies.size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent < 0) sent = 0;
    }
    if ((size_t)sent < replies.size) {
        put(&connection->out, replies.bytes + sent, replies.size - (size_t)sent);
        watch(connection, EPOLLOUT);
    }
    return true;
}

static bool write_rest(Connection *connection) {
    Buffer *out = &connection->out;
    ssize_t sent = send(connection->fd, out->bytes, out->size, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    drop_front(out, (size_t)sent);
    if (out->size == 0) {
        release(out);
        watch(connection, EPOLLIN);
    }
    return true;
}

/* Answers what is whole of `bytes`. False: close after writing the replies. */
static bool take_bytes(Connection *connection, uint8_t *bytes, size_t size, size_t *used) {
    *used = 0;
    if (!connection->talking) {
        bool done;
        if (!take_handshake(&replies, bytes, size, used, &done)) return false;
        if (!done) return true;
        connection->talking = true;
    }
    size_t more;
    bool goes_on = take_frames(&replies, bytes + *used, size - *used, &more, connection);
    *used += more;
    return goes_on;
}

/* Reads once, answers all of it, writes once. False: the connection is over. */
static bool serve(Connection *connection) {
    ssize_t received = recv(connection->fd, scratch, sizeof scratch, 0);
    if (received == 0) return false;
    if (received < 0) return errno == EAGAIN;
    uint8_t *bytes = scratch;
    size_t size = (size_t)received, used;
    bool kept = connection->in.size > 0;
    if (kept) {
        put(&connection->in, scratch, size);
        bytes = connection->in.bytes;
        size = connection->in.size;
    }
    replies.size = 0;
    bool goes_on = take_bytes(connection, bytes, size, &used);
    if (!write_replies(connection) || !goes_on) return false;
    if (kept) drop_front(&connection->in, used);
    else if (used < size) put(&connection->in, bytes + used, size - used);
    if (connection->in.size == 0) release(&connection->in);
    return connection->in.size <= LONGEST_FRAME + READ_BYTES;
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        Connection *connection = checked(calloc(1, sizeof *connection));
        connection->fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) forget(connection);
    }
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on_loopback(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = 0,
    };
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) < 0 ||
        listen(listener, 4096) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        fail("instant_server: can't listen on 127.0.0.1");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void allow_many_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool input_ended(void) {
    char ignored[256];
    ssize_t got = read(STDIN_FILENO, ignored, sizeof ignored);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void serve_until(int listener, int64_t end) {
    static char input;
    struct epoll_event events[MOST_EVENTS];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &poller};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &input;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0)
        fail("instant_server: standard input must be a pipe");
    for (;;) {
        int64_t left = end - now_milliseconds();
        if (left <= 0) return;
        int count = epoll_wait(poller, events, MOST_EVENTS, (int)left);
        if (count < 0 && errno != EINTR) fail("instant_server: epoll_wait");
        for (int i = 0; i < count; i++) {
            void *who = events[i].data.ptr;
            if (who == &poller) {
                accept_all(listener);
            } else if (who == &input) {
                if (input_ended()) return;
            } else {
                Connection *connection = who;
                bool goes_on = events[i].events & EPOLLOUT ? write_rest(connection)
                                                           : serve(connection);
                if (!goes_on) forget(connection);
            }
        }
    }
}

int main(int count, char **arguments) {
    long seconds = count > 1 ? strtol(arguments[1], NULL, 10) : LONGEST_LIFE_SECONDS;
    if (count > 2 || seconds < 1 || seconds > LONGEST_LIFE_SECONDS) {
        fprintf(stderr, "usage: instant_server [SECONDS from 1 to %d]\n", LONGEST_LIFE_SECONDS);
        return 2;
    }
    allow_many_files();
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("instant_server: epoll_create1");
    serve_until(listen_on_loopback(), now_milliseconds() + seconds * 1000);
    return 0;
}
