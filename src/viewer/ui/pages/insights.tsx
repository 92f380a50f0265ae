/** The page Insights. */
export function InsightsPage() {
  return <h1>Insights</h1>
}
