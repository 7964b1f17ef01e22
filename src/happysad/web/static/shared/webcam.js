// The camera: a picture of it, or one after the other. It is off whenever it is not needed.

const REASONS = {
  NotAllowedError: "The browser was not allowed to use the camera. Allow it beside the address, then try again.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is there but gives no picture. Is another program using it?",
  OverconstrainedError: "No camera was found.",
};
const INSECURE = "Browsers give the camera only to pages of this machine itself, or over HTTPS.";

export class Webcam {
  /** @param video element that shows what the camera sees.
   *  @param ended called when the camera goes away by itself. */
  constructor(video, ended = () => {}) {
    this.video = video;
    this.ended = ended;
    this.stream = null;
    this.asked = 0; // counts starts and stops: permission may come when nobody wants it any more
    window.addEventListener("pagehide", () => this.stop());
  }

  get running() {
    return this.stream !== null;
  }

  /** Turn it on. Throws an Error whose message is for people. */
  async start() {
    this.stop();
    const asked = ++this.asked;
    if (!navigator.mediaDevices) throw new Error(INSECURE);
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "user" }, audio: false });
    } catch (problem) {
      throw new Error(REASONS[problem.name] ?? `The camera cannot be used: ${problem.message}`);
    }
    if (asked !== this.asked) return end(stream);
    this.stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (this.stream !== stream) return;
      this.stop();
      this.ended();
    });
    this.video.srcObject = stream;
    await this.video.play().catch(() => {}); // stopped meanwhile, or shown when the page is
  }

  stop() {
    this.asked += 1;
    if (this.stream) end(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  /** Return what it sees now, as a JPEG.
   *  @param side most pixels of the longer side; the camera's own size unless told. */
  async still(side = Infinity) {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!this.running || !width) throw new Error("The camera gives no picture yet.");
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  }

  /** Give one picture after the other, for as long as somebody takes them and it is on.
   *  @param every least time between two, ms.
   *  @param side as in still. */
  async *frames({ every = 200, side = Infinity } = {}) {
    while (this.running) {
      const from = performance.now();
      if (this.video.videoWidth) yield await this.still(side);
      await new Promise((done) => setTimeout(done, Math.max(0, every - (performance.now() - from))));
    }
  }
}

function end(stream) {
  stream.getTracks().forEach((track) => track.stop());
}
