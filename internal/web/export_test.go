package web

// Routes are the patterns of the route table, for the tests that walk all of it.
func (s *Server) Routes() []string {
	var all []string
	for _, r := range append(s.sharedRoutes(), s.routes()...) {
		all = append(all, r.pattern)
	}
	return all
}
