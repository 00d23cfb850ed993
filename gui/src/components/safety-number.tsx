/** Twelve groups of five digits, large enough to be read to somebody on the phone. */
export function SafetyNumber({ groups }: Readonly<{ groups: readonly string[] }>) {
  return (
    <ol class="safety-number">
      {groups.map((group, index) => (
        <li key={index}>{group}</li>
      ))}
    </ol>
  );
}
