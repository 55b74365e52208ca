// Owns engines of SurrealDB 2 behind standard input and output; knows no WebSocket.
//
// Frames both ways: length of the rest, number of the engine, number of the request (4 bytes each,
// big-endian), kind (1 byte), bytes. In: a request in CBOR; the first one for a number opens its
// engine, an empty database. Out: the result in CBOR, the text of the error, or a notification.
//
// node engine.mjs FOLDER, where FOLDER has node_modules/@surrealdb/wasm.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [RESULT, ERROR, NOTIFICATION] = [0, 1, 2];
const PREFIX = 4;
const HEAD = 9;

// The package fetches its WebAssembly as a browser does; Node fetches no files.
globalThis.fetch = async (url) => new Response(await readFile(url));
console.warn = () => {}; // it warns of its own way to initialise it

const code = `${process.argv[2]}/node_modules/@surrealdb/wasm/dist/surrealdb-wasm.mjs`;
const { createWasmEngines } = await import(pathToFileURL(code));

function write(engine, request, kind, bytes) {
  const frame = Buffer.alloc(PREFIX + HEAD + bytes.length);
  frame.writeUInt32BE(HEAD + bytes.length, 0);
  frame.writeUInt32BE(engine, 4);
  frame.writeUInt32BE(request, 8);
  frame.writeUInt8(kind, 12);
  frame.set(bytes, PREFIX + HEAD);
  process.stdout.write(frame);
}

async function open(number) {
  const cbor = {
    encode: (request) => request.bytes,
    // A reply is handed back as it is; of a notification, and of nothing else, the id is asked for.
    decode: (bytes) => ({
      bytes,
      get id() {
        write(number, 0, NOTIFICATION, bytes);
        return undefined;
      },
    }),
  };
  const engine = createWasmEngines({}).mem({ uniqueId: () => "", codecs: { cbor } });
  await new Promise((resolve, reject) => {
    engine.subscribe("connected", resolve);
    engine.subscribe("error", reject);
    engine.open({ url: new URL("mem://") });
  });
  return engine;
}

const engines = new Map();

async function answer(number, request, bytes) {
  if (!engines.has(number)) engines.set(number, open(number));
  try {
    const reply = await (await engines.get(number)).send({ bytes });
    write(number, request, RESULT, reply.bytes);
  } catch (error) {
    write(number, request, ERROR, Buffer.from(String(error)));
  }
}

let rest = Buffer.alloc(0);
process.stdin.on("data", (data) => {
  rest = Buffer.concat([rest, data]);
  while (rest.length >= PREFIX && rest.length >= PREFIX + rest.readUInt32BE(0)) {
    const end = PREFIX + rest.readUInt32BE(0);
    answer(rest.readUInt32BE(4), rest.readUInt32BE(8), new Uint8Array(rest.subarray(PREFIX + HEAD, end)));
    rest = rest.subarray(end);
  }
});
