// A route handler that always fails.

export function GET() {
  throw new Error('this route always fails')
}
