package api_test

import (
	"archive/zip"
	"bytes"
	"slices"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// A handover pack by the API is a client's own, or, for the team, somebody's.
func TestHandover(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		path := "/api/projects/" + string(s.Site) + "/handover"
		names := func(token, query string) (all []string) {
			t.Helper()
			res := s.do("POST", path+query, token, "")
			z, err := zip.NewReader(bytes.NewReader(res.Body.Bytes()), int64(res.Body.Len()))
			if err != nil || res.Code != 200 || res.Header().Get("Content-Type") != "application/zip" {
				t.Fatalf("the pack: %d %v %v", res.Code, err, res.Header())
			}
			for _, f := range z.File {
				all = append(all, f.Name)
			}
			return all
		}
		mia, cleo := s.token("mia", "read", "write"), s.token("cleo", "read", "write")
		own := names(cleo, "")
		if len(own) < 5 || !slices.Contains(own, "index.html") || own[len(own)-1] != "SHA256SUMS" {
			t.Errorf("in the pack are %q", own)
		}
		if theirs := names(mia, "?person="+string(s.CleoUser)); !slices.Equal(theirs, own) {
			t.Errorf("in that which the team takes are %q", theirs)
		}
		s.asks(mia, 422, "POST", path, "")
		s.asks(mia, 422, "POST", path+"?person="+string(s.CarlUser), "")
		s.asks(cleo, 403, "POST", path+"?person="+string(s.BeaAtAcme), "")
		s.asks(s.token("cleo", "read"), 403, "POST", path, "") // it is recorded
		s.asks(s.token("tom", "read", "write"), 403, "POST", path+"?person="+string(s.CleoUser), "")
		for _, who := range []string{"dan", "carl", "rex", "eve"} {
			s.asks(s.token(who, "read", "write"), 404, "POST", path, "")
		}
		s.exec(`UPDATE versions SET scan = 'waiting' WHERE file_id = $1`, string(s.Items[s.Site][portal.ClientSide].File))
		if held := names(cleo, ""); len(held) != len(own)-1 {
			t.Errorf("with one held back there are %q", held)
		}
	})
}
