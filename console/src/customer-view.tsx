// To come.
export function CustomerView({ id }: { id: string }) {
  return <h1>{id}</h1>
}
