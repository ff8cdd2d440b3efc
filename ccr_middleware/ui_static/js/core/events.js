// Server-sent events read from a response, for answers of POST requests, which EventSource cannot ask for.

/** Yields `{event, data, raw}` for each event of a Response; `data` is the text of its data lines. */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) break;
      const parts = (rest + value).split(/\r\n\r\n|\n\n|\r\r/);
      rest = parts.pop();
      for (const part of parts) yield parseEvent(part);
    }
    if (rest.trim()) yield parseEvent(rest);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** One event from its lines. Comments count as events named "comment". */
export function parseEvent(raw) {
  let event = "message";
  const data = [];
  for (const line of raw.split(/\r\n|\n|\r/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "event") event = value;
    else if (name === "data") data.push(value);
    else if (name === "" && line) event = "comment";
  }
  return { event, data: data.join("\n"), raw };
}
