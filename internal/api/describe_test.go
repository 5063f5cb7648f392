package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Every operation, every field and every parameter is explained, and what is a
// number says of what.
func TestDescription(t *testing.T) {
	s := newSite(t, portaltest.Open(t, db.SQLite))
	var doc struct {
		Paths map[string]map[string]struct {
			Summary    string
			Parameters []struct{ Name, Description string }
		}
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Description string
					Ref         string `json:"$ref"`
				}
			}
		}
	}
	if err := json.Unmarshal(s.do("GET", "/api/openapi.json", "", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			if o.Summary == "" {
				t.Errorf("%s %s is not explained", method, path)
			}
			for _, p := range o.Parameters {
				if p.Description == "" {
					t.Errorf("%s of %s %s is not explained", p.Name, method, path)
				}
			}
		}
	}
	for name, schema := range doc.Components.Schemas {
		if strings.HasPrefix(name, "Error") || strings.HasPrefix(name, "Many") { // huma's own, and lists
			continue
		}
		for field, p := range schema.Properties {
			if p.Description == "" && p.Ref == "" {
				t.Errorf("%s.%s is not explained", name, field)
			}
		}
	}
	if len(doc.Components.Schemas) < 60 || len(doc.Paths) < 80 {
		t.Errorf("only %d schemas and %d paths", len(doc.Components.Schemas), len(doc.Paths))
	}
}
