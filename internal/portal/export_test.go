package portal

// Expanded returns the queries that Scopes ran since it was last called, as
// they were sent to the database.
func Expanded() (queries []string) {
	expanded.Range(func(_, q any) bool {
		queries = append(queries, q.(string))
		return true
	})
	expanded.Clear()
	return queries
}
