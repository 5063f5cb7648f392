package portal

import (
	"context"
	"slices"
	"strings"
)

// checkSeen makes sure that the client can see all of what they are asked to approve, also
// where they may not have the files: of some there is only the original, of some more than
// is shown, and of some what they look at is still being made.
func (t *tx) checkSeen(ctx context.Context, p Project, n *NewApproval, subjects []Version) error {
	var only, part, coming []string // the names of the files
	for _, v := range subjects {
		var look struct{ whole, coming, part bool }
		if err := t.get(ctx, `SELECT l.whole, l.coming, l.part FROM my_looks l WHERE l.version_id = $2`, []any{string(v.ID)}, &look.whole, &look.coming, &look.part); err != nil {
			return err
		}
		switch {
		case look.whole:
		case look.coming:
			coming = append(coming, v.FileName)
		case look.part:
			part = append(part, v.FileName)
		default:
			only = append(only, v.FileName)
		}
	}
	if n.Draft || len(only)+len(part)+len(coming) == 0 {
		return nil
	}
	var c checks
	takers, err := projectPeople(ctx, t, p.ID, ClientSide, Download)
	if err != nil {
		return err
	}
	may := map[PersonID]bool{}
	for _, x := range takers {
		may[x.Person] = true
	}
	lacks, forbids, names := "only_original", "cannot_look", slices.Concat(only, part)
	switch {
	case len(names) == 0:
		lacks, forbids, names = "preview_waits", "preview_waits", coming
	case len(only) == 0:
		lacks = "only_part"
	}
	for i, g := range n.Stages {
		if g.Of != ClientSide {
			continue
		}
		if n.NoDownload {
			c.fail("no_download", lacks, "names", strings.Join(names, ", "))
			break
		}
		for _, who := range g.People {
			if !may[who] {
				c.fail(stageField(i, "people"), forbids, "names", strings.Join(names, ", "))
			}
		}
	}
	return c.err()
}

// Unseen names the files that their reader can neither look at to their end nor have: all
// that they are a part of, the reader cannot approve. Coming says that all that is missing
// is still being made.
func Unseen(files []ApprovalSubject) (names []string, coming bool) {
	coming = true
	for _, s := range files {
		if s.Unseen {
			names, coming = append(names, s.Name), coming && s.Coming
		}
	}
	return names, coming
}

// CannotLook are those who are asked now, or would be next, and cannot approve, as they
// can neither look at all of it nor have the files.
type CannotLook struct {
	Files, People []string // by name
	Coming        bool     // what is missing is still being made
}

// CannotLook returns who of the client cannot look at what an approval asks about. For the
// team.
func (me *Scope) CannotLook(ctx context.Context, id ApprovalID) (c CannotLook, err error) {
	rows, err := me.query(ctx, `SELECT u.name, u.person_name, u.coming FROM my_approval_unseen u WHERE u.approval_id = $2 ORDER BY u.position, u.person_name, u.person_id`, string(id))
	c.Coming = true
	err = everyRow(rows, err, func() error {
		var file, person string
		var coming bool
		err := rows.Scan(&file, &person, &coming)
		c.Files, c.People, c.Coming = append(c.Files, file), append(c.People, person), c.Coming && coming
		return err
	})
	c.Files, c.People = unique(c.Files), unique(c.People)
	return c, err
}
