// A picture made small on the phone, before it costs anybody's line: upright, as JPEG, without what the camera wrote
// into it, such as where it was taken.
const LONGEST_SIDE = 1600;
const QUALITY = 0.82;
/** What the city takes as it is, where this phone cannot open a picture. */
const MOST_BYTES = 15 * 1024 * 1024;

async function decode(file) {
  const image = new Image();
  const address = URL.createObjectURL(file);
  try {
    image.src = address;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The file as a small JPEG; itself where the phone cannot open it; undefined where it is too large then. */
export async function shrink(file) {
  try {
    const image = await decode(file);
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (small) return small;
  } catch {
    // An HEIC picture on a phone that does not know it, or a canvas larger than the phone's memory.
  }
  return file.size <= MOST_BYTES ? file : undefined;
}
