package portal

import (
	"context"
	"fmt"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Hit is something that a search found.
type Hit struct {
	ID          string // of a project or item
	Kind        string // "project", "milestone", "task", "deliverable", "update", "folder" or "file"
	Title       string
	Project     ProjectID
	ProjectName string
	ClientName  string
}

// Bounds of Search: items other than files are looked for in the newest projects only.
const (
	searchedProjects = 200
	searchHits       = 20
	maxQuery         = 100 // characters
)

// Search finds projects by name and items by title among what the actor sees:
// at most 20 projects and 20 items.
func (me *Scope) Search(ctx context.Context, query string) ([]Hit, error) {
	key := []rune(fold(query))
	if len(key) < 2 {
		return nil, nil
	}
	if len(key) > maxQuery {
		key = key[:maxQuery]
	}
	scope, err := me.searched(ctx, MessageSearch{})
	if err != nil {
		return nil, err
	}
	defer me.evenly(ctx, scope)
	part := string(key)
	rows, err := me.query(ctx, `
SELECT p.id, 'project', p.name, p.id, p.name, p.client_name FROM my_projects p
 WHERE REPLACE(p.name_key, $2, '') <> p.name_key ORDER BY CASE WHEN p.archived_at IS NULL THEN 0 ELSE 1 END, p.id DESC LIMIT $3`, part, searchHits)
	hits, err := list(rows, err, scanHit)
	if err != nil {
		return nil, err
	}
	rows, err = me.query(ctx, `SELECT p.id, 'project', p.name, p.id, p.name, p.client_name FROM my_projects p ORDER BY p.id DESC LIMIT $2`, searchedProjects)
	newest, err := list(rows, err, scanHit)
	if err != nil || len(newest) == 0 {
		return hits, err
	}
	ids := make([]ProjectID, len(newest))
	for i, p := range newest {
		ids[i] = p.Project
	}
	how := textSearches[me.p.db.Dialect()]
	in, args := oneOf(5, ids)
	within := func(kind, title, key string) string {
		return `SELECT i.id, '` + kind + `' AS kind, i.` + title + `, i.project_id, '' AS project_name, '' AS client_name FROM my_` + kind + `s i
 WHERE i.project_id IN ` + in + ` AND REPLACE(i.` + key + `, $2, '') <> i.` + key
	}
	rows, err = me.long(ctx, `
SELECT * FROM (`+within("deliverable", "title", "title_key")+` UNION ALL `+within("milestone", "title", "title_key")+` UNION ALL `+within("task", "title", "title_key")+`
 UNION ALL `+within("update", "sentence", "title_key")+` UNION ALL `+within("folder", "name", "name_key")+`
 UNION ALL SELECT i.id, 'file', i.name, i.project_id, i.project_name, i.client_name FROM my_files i WHERE i.id IN (`+fmt.Sprintf(how.named, "$4")+` ORDER BY x.id DESC LIMIT $3)) x
 ORDER BY x.id DESC LIMIT $3`, append([]any{part, searchHits, how.part(key, scope)}, args...)...)
	items, err := list(rows, err, scanHit)
	for _, h := range items {
		if i := slices.Index(ids, h.Project); i >= 0 {
			h.ProjectName, h.ClientName = newest[i].ProjectName, newest[i].ClientName
		}
		hits = append(hits, h)
	}
	return hits, err
}

func scanHit(rows *db.Rows) (h Hit, err error) {
	return h, rows.Scan(&h.ID, &h.Kind, &h.Title, &h.Project, &h.ProjectName, &h.ClientName)
}
