package portal

import (
	"context"
	"strings"
)

// checkSeen makes sure that the client can see what they are asked to approve, also
// where they may not have the files: of some there is only the original, and of some
// only that until their preview is made.
func (t *tx) checkSeen(ctx context.Context, p Project, n *NewApproval, subjects []Version) error {
	var only, made []string // for good, and until the preview is made
	for _, v := range subjects {
		seen, could, err := t.seenHere(ctx, v)
		if err != nil {
			return err
		}
		switch {
		case seen:
		case could && v.Preview == "waiting":
			made = append(made, v.FileName)
		default:
			only = append(only, v.FileName)
		}
	}
	if n.Draft || len(only)+len(made) == 0 {
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
	lacks, forbids, names := "only_original", "cannot_look", strings.Join(only, ", ")
	if len(only) == 0 {
		lacks, names = "preview_waits", strings.Join(made, ", ")
		forbids = lacks
	}
	for i, g := range n.Stages {
		if g.Of != ClientSide {
			continue
		}
		if n.NoDownload {
			c.fail("no_download", lacks, "names", names)
			break
		}
		for _, who := range g.People {
			if !may[who] {
				c.fail(stageField(i, "people"), forbids, "names", names)
			}
		}
	}
	return c.err()
}

// Unseen names the files that their reader can neither look at here nor have: all
// that they are a part of, the reader cannot approve.
func Unseen(files []ApprovalSubject) (names []string) {
	for _, s := range files {
		if s.Unseen {
			names = append(names, s.Name)
		}
	}
	return names
}

// seenHere reports whether a version can be looked at here without the file itself,
// and whether it could once its preview is made.
func (t *tx) seenHere(ctx context.Context, v Version) (seen, could bool, err error) {
	switch v.Kind {
	case "text", "code", "markdown", "csv", "image", "svg", "pdf", "office":
	default: // a film and a sound play from the original
		return false, false, nil
	}
	n := 0
	err = t.get(ctx, `SELECT COUNT(*) FROM my_looks l WHERE l.version_id = $2`, []any{string(v.ID)}, &n)
	return n > 0, true, err
}
