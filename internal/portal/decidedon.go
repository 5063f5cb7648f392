package portal

import (
	"context"
	"fmt"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// decidedOn computes the hash of what was decided on anew, of each approval that is
// sealed, and compares what a deliverable says with what the client was shown of it:
// since they were asked nobody can change that in the portal. Of an approval from
// before it was kept what a deliverable said, nothing is known.
func decidedOn(ctx context.Context, q querier, seals map[string]seenSeal) (breaks []Break, err error) {
	const most = 1000
	for last, n := "", most; n == most; {
		all, err := askedAbout(ctx, q, last, most)
		if err != nil {
			return breaks, err
		}
		for _, a := range all {
			last = string(a.ID)
			s, sealed := seals[last]
			switch {
			case !sealed || a.Deliverable != "" && a.was == nil:
			case contentOf(a.Approval, a.was, a.subjects) != a.Content:
				breaks = append(breaks, Break{s.chain, s.seq, fmt.Sprintf("the row %s is not what was recorded: the hash of what was decided on is not that of what it says", a.ID)})
			case a.fixed && a.Deliverable != "" && (a.accepted || !stateSealed(seals, a.Deliverable)) && len(a.was.others(a.is)) > 0:
				breaks = append(breaks, Break{s.chain, s.seq, fmt.Sprintf("the deliverable %s is not what was decided on in %s: %s", a.Deliverable, a.ID, strings.Join(a.was.others(a.is), ", "))})
			}
		}
		n = len(all)
	}
	return breaks, nil
}

// stateSealed reports whether it is known that nobody altered a deliverable's state.
func stateSealed(seals map[string]seenSeal, id DeliverableID) bool {
	_, sealed := seals[string(id)]
	return sealed
}

// others says in what two differ.
func (a *About) others(is *About) (all []string) {
	if a.Title != is.Title {
		all = append(all, "title")
	}
	if a.Body != is.Body {
		all = append(all, "text")
	}
	same := len(a.Links) == len(is.Links)
	for i := range a.Links {
		same = same && a.Links[i] == is.Links[i]
	}
	if !same {
		all = append(all, "links")
	}
	return all
}

// decided is an approval with what it was about.
type decided struct {
	Approval
	subjects []ApprovalSubject
	was, is  *About // the deliverable as it was, and as it is
	fixed    bool   // it cannot have changed, as the approval stands: it was not asked about again since
	accepted bool   // nor as its own state says, which is sealed
}

// askedAbout reads some of those that were sent, after one.
func askedAbout(ctx context.Context, q querier, after string, most int) (all []*decided, err error) {
	rows, err := q.Query(ctx, `
SELECT a.id, a.title, a.body, a.checklist, a.content, COALESCE(a.about, ''), COALESCE(a.deliverable_id, ''), COALESCE(d.title, ''), COALESCE(d.body, ''),
       CASE WHEN d.id IS NOT NULL AND a.shown_at IS NOT NULL AND a.state IN ('requested', 'viewed', 'approved', 'approved_with_notes')
             AND NOT EXISTS (SELECT 1 FROM approvals n WHERE n.deliverable_id = a.deliverable_id AND (n.shown_at, n.id) > (a.shown_at, a.id))
            THEN 1 ELSE 0 END,
       CASE WHEN d.state IN ('in_review', 'approved', 'signed_off') THEN 1 ELSE 0 END
  FROM approvals a LEFT JOIN deliverables d ON d.id = a.deliverable_id WHERE a.id > $1 AND a.content <> '' ORDER BY a.id LIMIT $2`, after, most)
	all, err = list(rows, err, func(r *db.Rows) (*decided, error) {
		a := &decided{is: &About{}}
		var checklist, about string
		err := r.Scan(&a.ID, &a.Title, &a.Body, &checklist, &a.Content, &about, &a.Deliverable, &a.is.Title, &a.is.Body, &a.fixed, &a.accepted)
		a.Checklist = []string{checklist}
		if err == nil && about != "" {
			a.was = &About{}
			err = a.was.Scan(about)
		}
		return a, err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	by := make(map[ApprovalID]*decided, len(all))
	for _, a := range all {
		by[a.ID] = a
	}
	first, last := string(all[0].ID), string(all[len(all)-1].ID)
	rows, err = q.Query(ctx, `SELECT s.approval_id, s.version_id, s.sha256 FROM approval_subjects s WHERE s.approval_id >= $1 AND s.approval_id <= $2 ORDER BY s.approval_id, s.position`, first, last)
	if err := everyRow(rows, err, func() error {
		var s ApprovalSubject
		err := rows.Scan(&s.Approval, &s.Version, &s.SHA256)
		if a := by[s.Approval]; a != nil {
			a.subjects = append(a.subjects, s)
		}
		return err
	}); err != nil {
		return nil, err
	}
	rows, err = q.Query(ctx, `
SELECT a.id, l.title, l.url FROM approvals a JOIN deliverable_links l ON l.deliverable_id = a.deliverable_id
 WHERE a.id >= $1 AND a.id <= $2 AND a.content <> '' ORDER BY a.id, l.position, l.id`, first, last)
	return all, everyRow(rows, err, func() error {
		var id ApprovalID
		var l AboutLink
		err := rows.Scan(&id, &l.Title, &l.URL)
		if a := by[id]; a != nil {
			a.is.Links = append(a.is.Links, l)
		}
		return err
	})
}

// otherBytes finds versions whose row has another hash than what was decided on, or
// signed, has of them: who exchanges the bytes and the row of a version together.
func otherBytes(ctx context.Context, q querier, seals map[string]seenSeal) (breaks []Break, err error) {
	rows, err := q.Query(ctx, `
SELECT s.approval_id, s.version_id FROM approval_subjects s JOIN versions v ON v.id = s.version_id WHERE v.sha256 <> s.sha256
UNION ALL SELECT x.decision_id, x.version_id FROM approval_verdicts x JOIN versions v ON v.id = x.version_id WHERE v.sha256 <> x.sha256
UNION ALL SELECT l.signoff_id, l.version_id FROM signoff_lines l JOIN versions v ON v.id = l.version_id WHERE v.sha256 <> l.sha256`)
	said := map[string]bool{}
	err = everyRow(rows, err, func() error {
		var in, version string
		err := rows.Scan(&in, &version)
		if s, sealed := seals[in]; sealed && !said[version] {
			said[version] = true
			breaks = append(breaks, Break{s.chain, s.seq, fmt.Sprintf("the version %s has another hash than in %s", version, in)})
		}
		return err
	})
	return breaks, err
}
