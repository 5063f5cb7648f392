package web

import (
	"slices"
	"time"
)

// Streams are how long a stream may be quiet, how long its reader, and how many are
// open.
func (s *Server) Streams() (heartbeat, silence time.Duration, open int) {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	for _, all := range s.streams.open {
		open += len(all)
	}
	return s.heartbeat, s.silence, open
}

// Hurry shortens both, for streams that begin later.
func (s *Server) Hurry(heartbeat, silence time.Duration) { s.heartbeat, s.silence = heartbeat, silence }

// Routes are the patterns of the route table, for the tests that walk all of it.
func (s *Server) Routes() []string {
	var all []string
	for _, r := range slices.Concat(s.sharedRoutes(), s.routes(), s.versionRoutes(), s.bulkRoutes(), s.tusRoutes()) {
		all = append(all, r.pattern)
	}
	return all
}
