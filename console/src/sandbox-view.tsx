// To come.
export function SandboxView() {
  return <h1>SandboxView</h1>
}
