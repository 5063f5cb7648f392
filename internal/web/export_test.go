package web

import "slices"

// Routes are the patterns of the route table, for the tests that walk all of it.
func (s *Server) Routes() []string {
	var all []string
	for _, r := range slices.Concat(s.sharedRoutes(), s.routes(), s.versionRoutes(), s.bulkRoutes(), s.tusRoutes()) {
		all = append(all, r.pattern)
	}
	return all
}
