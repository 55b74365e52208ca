"""Parts as OTLP metrics and sampled operations as OTLP spans, without loss, in both directions."""
