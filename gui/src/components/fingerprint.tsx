const GROUP_LENGTH = 4;

/** A fingerprint for the eye: in groups, but copied as one word. */
export function Fingerprint({ text }: Readonly<{ text: string }>) {
  const count = Math.ceil(text.length / GROUP_LENGTH);
  return (
    <p class="fingerprint">
      {Array.from({ length: count }, (_, index) => (
        <span key={index}>{text.slice(index * GROUP_LENGTH, (index + 1) * GROUP_LENGTH)}</span>
      ))}
    </p>
  );
}
