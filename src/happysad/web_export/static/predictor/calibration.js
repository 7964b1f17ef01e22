// Probabilities that mean what they say.

const SMALLEST = 1e-7; // a network that computes in single precision cannot say more than this

/** Apply a temperature: above 1 softens, below 1 sharpens. */
export function calibrated(probabilities, temperature) {
  if (temperature === 1) return probabilities;
  const logits = probabilities.map((value) => Math.log(Math.min(1, Math.max(SMALLEST, value))) / temperature);
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
