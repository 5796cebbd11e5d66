// The line to the server: commands go out as JSON, pictures come in as bytes, words as JSON.

export const WHOLE = 1, PLAYING = 2, OTHER = 4, BESIDE = 8;
export const NEW = 16, STRONG = 32; // bits of a tie's kind
export const BORN = 1, LEADS = 2, HURT = 4; // bits of a firm's marks

/** Read one picture as views on its bytes; nothing is copied. */
export function decode(buffer) {
  const head = new Uint32Array(buffer, 0, 8);
  const [month, echo, n, m, g, flags, number, rate] = head;
  const picture = { month, echo, n, m, g, flags, number, rate: rate / 100, at: new Float32Array(buffer, 32, 2 * n) };
  if (!(flags & WHOLE)) return picture;
  let place = 32 + 8 * n;
  const take = (Kind, length) => {
    const view = new Kind(buffer, place, length);
    place += view.byteLength;
    return view;
  };
  picture.ids = take(Uint32Array, n);
  picture.sizes = take(Float32Array, n);
  picture.gone = take(Uint32Array, 2 * g);
  picture.pairs = take(Uint16Array, 2 * m);
  picture.strength = take(Uint8Array, m);
  picture.kind = take(Uint8Array, m);
  picture.tint = take(Uint8Array, n);
  picture.marks = take(Uint8Array, n);
  picture.goneKind = take(Uint8Array, g);
  return picture;
}

export class Live {
  constructor(onPicture, onWord, onState) {
    Object.assign(this, { onPicture, onWord, onState, session: "", seq: 0, tries: 0, ended: false });
    this.open();
  }

  open() {
    const socket = new WebSocket(`ws://${location.host}/live?session=${encodeURIComponent(this.session)}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (event) => {
      try {
        if (typeof event.data !== "string") return this.onPicture(decode(event.data));
        const word = JSON.parse(event.data);
        if (word.kind === "hello") {
          this.session = word.session;
          this.tries = 0;
          this.onState("open");
        }
        this.onWord(word);
      } catch (error) {
        console.error(error); // one fault must not end the page
      }
    };
    socket.onclose = (event) => {
      if (event.code === 4000) return this.onState("ended");
      this.onState(event.code === 4001 ? "full" : "waiting");
      this.tries += 1;
      setTimeout(() => this.open(), Math.min(500 * this.tries, event.code === 4001 ? 20000 : 4000));
    };
  }

  send(command) {
    this.seq += 1;
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify({ ...command, seq: this.seq }));
    return this.seq;
  }

  ack() {
    if (this.socket.readyState === 1) this.socket.send('{"do":"ack"}');
  }
}
