package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// MakeCertificate is the job that makes the paper of a certificate.
const MakeCertificate = "make_certificate"

// CertificateJob names what it makes.
type CertificateJob struct{ Certificate CertificateID }

// A Record is all that a certificate says: what the client's people know of a
// sign-off, or of a finished approval. It is kept when the certificate is asked
// for, and never changes.
type Record struct {
	Kind      string // "signoff" or "approval"
	ID        string // of it
	Of        string // what was accepted: "deliverable", "milestone", "project" or "approval"
	Title     string
	Workspace string
	Client    string
	Project   string
	Statement string
	Content   string // the hash of all that was signed, or decided on
	At        time.Time
	State     string // of an approval: how it ended
	Signers   []RecordSigner
	Lines     []SignoffLine
	Asked     []RecordAsked `json:",omitempty"`
	Timeline  []RecordMoment
}

// RecordAsked is what the hash of what was decided on is made of, in an approval of
// what a deliverable says, or in the approval that the paper is about.
type RecordAsked struct {
	Approval    ApprovalID
	Title, Body string
	Checklist   []string     `json:",omitempty"`
	About       *About       `json:",omitempty"`
	Files       []RecordFile `json:",omitempty"`
	Content     string       // the hash
}

// RecordFile is one of the files in it.
type RecordFile struct {
	Name    string
	Version VersionID
	SHA256  string
}

// RecordSigner is one who signed or decided.
type RecordSigner struct {
	Name       string // as it was typed; of an approval the person's own
	Email      string
	Role       string // a word of their own, or the name of a preset
	Company    string
	VerifiedAt time.Time // the address is theirs since
	Proof      string
	Zone       string
	Answer     Answer // of an approval
	For        string // whose decision it was at first; empty: their own
	Note       string
	Repeats    time.Time `json:",omitzero"`  // when they gave the approval that they say still stands
	Said       time.Time `json:",omitzero"`  // by phone, before they confirmed it
	NotedBy    string    `json:",omitempty"` // who noted that; empty: not for the client
	At         time.Time
}

// RecordMoment is something that happened on the way.
type RecordMoment struct {
	At    time.Time
	What  string // an Answer, or one of the moments that the words of a certificate name
	By    string // empty: not for the client
	Title string // of what it was about, when it is another thing
	Note  string
	From  string `json:",omitempty"` // whose decision it was, and who has it since
	To    string `json:",omitempty"`
	Proof string `json:",omitempty"` // of an answer, and of a signature
	Round int    `json:",omitempty"` // of an approval that asks again

	Repeats time.Time `json:",omitzero"` // as of a signer, as the two below
	Said    time.Time `json:",omitzero"`
	NotedBy string    `json:",omitempty"`
}

// Certificate is a paper about a sign-off or an approval.
type Certificate struct {
	ID        CertificateID
	Subject   string
	Client    ClientID
	Project   ProjectID
	Title     string
	CreatedAt time.Time
	MadeAt    time.Time // zero while it is being made
	SHA256    string
	Size      int64
	Code      string // the secret part of its address
	Record    Record
	Held

	blob string
}

// Made reports whether the paper is there.
func (c Certificate) Made() bool { return !c.MadeAt.IsZero() }

const certificateColumns = `c.id, c.subject_id, c.client_id, c.project_id, c.title, c.content, c.created_at, COALESCE(c.made_at, 0), c.blob, c.sha256, c.size, c.side, c.rights`

func (p *Portal) scanCertificate(scan func(...any) error) (c Certificate, err error) {
	var content string
	if err = scan(&c.ID, &c.Subject, &c.Client, &c.Project, &c.Title, &content, micros{&c.CreatedAt}, micros{&c.MadeAt}, &c.blob, &c.SHA256, &c.Size, &c.Side, &c.Rights); err == nil {
		err = json.Unmarshal([]byte(content), &c.Record)
	}
	c.Code = p.accounts.Token(account.PurposeCertificate, string(c.ID))
	return c, err
}

// Certificate returns that of a sign-off or an approval; ErrNotFound when none was
// asked for.
func (me *Scope) Certificate(ctx context.Context, subject string) (Certificate, error) {
	return me.p.scanCertificate(func(dest ...any) error {
		return me.get(ctx, `SELECT `+certificateColumns+` FROM my_certificates c WHERE c.subject_id = $2`, []any{subject}, dest...)
	})
}

// Certificates returns those of a project, newest first, for whoever sees what
// they are about.
func (me *Scope) Certificates(ctx context.Context, project ProjectID, pg Page) (all []Certificate, next string, err error) {
	rows, err := me.query(ctx, `
SELECT `+certificateColumns+` FROM my_certificates c WHERE c.project_id = $2 AND ($3 = '' OR c.id < $3) ORDER BY c.id DESC LIMIT $4`, string(project), pg.After, pg.limit())
	all, err = list(rows, err, func(rows *db.Rows) (Certificate, error) { return me.p.scanCertificate(rows.Scan) })
	if err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(c Certificate) string { return string(c.ID) })
	return all, next, nil
}

// CertificateType is the type of the papers.
const CertificateType = "application/pdf"

// TakeCertificate hands out the paper, for whoever sees what it is about.
// ErrNotFound while it is being made.
func (me *Scope) TakeCertificate(ctx context.Context, subject string) (Stored, error) {
	c, err := me.Certificate(ctx, subject)
	if err == nil && !c.Made() {
		err = ErrNotFound
	}
	if err != nil {
		return Stored{}, err
	}
	return Stored{Blob: c.blob, Name: c.Title + ".pdf", Type: CertificateType, Size: c.Size, SHA256: c.SHA256, Project: c.Project, At: c.MadeAt}, nil
}

// certify keeps the record of a sign-off that the actor has just signed, and has
// its certificate made.
func (t *tx) certify(ctx context.Context, s Signoff, lines []SignoffLine) error {
	brand, err := t.me.p.Brand(ctx)
	if err != nil {
		return err
	}
	r := Record{Kind: "signoff", ID: string(s.ID), Of: s.Of(), Title: s.Title, Workspace: brand.Name, Client: s.ClientName, Project: s.ProjectName, Statement: s.Statement, Content: s.Content,
		At: s.StateAt.UTC(), Lines: lines, Signers: []RecordSigner{{Name: s.Name, Email: s.Email, Role: s.Role, Company: s.Company, VerifiedAt: s.VerifiedAt.UTC(), Proof: s.Proof, Zone: s.Zone, At: s.StateAt.UTC()}}}
	var approvals []ApprovalID
	for _, l := range lines {
		if l.Approval != "" && !slices.Contains(approvals, l.Approval) {
			approvals = append(approvals, l.Approval)
		}
	}
	p, err := loadProject(ctx, t, s.Project)
	if err != nil {
		return err
	}
	told := map[ApprovalID]bool{}
	for some := range slices.Chunk(approvals, 100) {
		places, args := oneOf(2, some)
		rows, err := t.query(ctx, `SELECT `+approvalColumns+` FROM my_approvals a WHERE a.id IN `+places+` ORDER BY a.id`, args...)
		found, err := listApprovals(t, rows, err)
		if err != nil {
			return err
		}
		moments, err := courseOf(ctx, t, p, told, found...)
		if err != nil {
			return err
		}
		r.Timeline = append(r.Timeline, moments...)
		for _, a := range found {
			if a.Deliverable == "" {
				continue
			}
			about, err := askedOf(ctx, t, a)
			if err != nil {
				return err
			}
			r.Asked = append(r.Asked, about)
		}
	}
	own, err := signingOf(ctx, t, s, p.Shows.Has(FieldTeamNames))
	if err != nil {
		return err
	}
	r.Timeline = append(r.Timeline, own...)
	sort.SliceStable(r.Timeline, func(i, j int) bool { return r.Timeline[i].At.Before(r.Timeline[j].At) })
	return t.keepCertificate(ctx, s.Client, s.Project, r)
}

// signingOf are what became of a sign-off, and of those of the same before it.
func signingOf(ctx context.Context, r reader, s Signoff, team bool) (all []RecordMoment, err error) {
	rows, err := r.query(ctx, `SELECT `+signoffColumns+` FROM my_signoffs s WHERE s.subject_id = $2 AND s.id <= $3 ORDER BY s.id DESC LIMIT 20`, s.Subject, string(s.ID))
	asked, err := list(rows, err, scanSignoff)
	for _, x := range slices.Backward(asked) {
		rows, err := r.query(ctx, `
SELECT x.at, x.kind, x.by_name, x.by_team, x.particulars FROM my_signoff_course x WHERE x.signoff_id = $2
 ORDER BY x.at, CASE x.kind WHEN 'signoff_asked' THEN 0 WHEN 'signoff_viewed' THEN 1 ELSE 2 END`, string(x.ID))
		course, err := list(rows, err, func(rows *db.Rows) (m RecordMoment, err error) {
			var said Details
			if m, said, err = scanMoment(rows, team); m.What == "declined" {
				m.What = "refused"
			}
			m.Note = said["note"]
			return m, err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, course...)
		if x.State == SignoffDone {
			all = append(all, RecordMoment{At: x.StateAt.UTC(), What: "signed", By: x.Name, Proof: x.Proof})
		}
	}
	return all, err
}

// scanMoment reads what happened on the way, and the values of its event: at, kind,
// by_name, by_team and particulars. Team says whether the team's names are told.
func scanMoment(rows *db.Rows, team bool) (m RecordMoment, said Details, err error) {
	var byTeam bool
	var particulars string
	if err = rows.Scan(micros{&m.At}, &m.What, &m.By, &byTeam, &particulars); err != nil {
		return m, nil, err
	}
	if byTeam && !team {
		m.By = ""
	}
	m.At, m.What = m.At.UTC(), m.What[strings.Index(m.What, "_")+1:]
	return m, said, json.Unmarshal([]byte(particulars), &said)
}

// courseOf are what the client knows of how approvals went, and of those before them
// that they ask again, the first first. What was told of one is not told again.
func courseOf(ctx context.Context, r reader, p Project, told map[ApprovalID]bool, asked ...Approval) (all []RecordMoment, err error) {
	const most = 50
	var chain []Approval
	for _, a := range asked {
		for n := 0; !told[a.ID]; n++ {
			told[a.ID] = true
			if !a.ShownAt.IsZero() {
				chain = append(chain, a)
			}
			if a.Previous == "" || n == most {
				break
			}
			if a, err = approval(ctx, r, a.Previous); err == ErrNotFound { // what it was about is not the client's any more
				break
			} else if err != nil {
				return nil, err
			}
		}
	}
	sort.SliceStable(chain, func(i, j int) bool { return chain[i].ShownAt.Before(chain[j].ShownAt) })
	if err := askedThen(ctx, r, chain); err != nil {
		return nil, err
	}
	for _, a := range chain {
		some, err := momentsOf(ctx, r, p, a)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].At.Before(all[j].At) })
	return all, nil
}

// AskedThen has approvals name who asked as they were called then.
func (me *Scope) AskedThen(ctx context.Context, all []Approval) error {
	return askedThen(ctx, me, all)
}

func askedThen(ctx context.Context, r reader, all []Approval) error {
	for len(all) > 0 {
		some := all[:min(len(all), 100)]
		all = all[len(some):]
		ids := make([]ApprovalID, len(some))
		for i, a := range some {
			ids[i] = a.ID
		}
		places, args := oneOf(2, ids)
		rows, err := r.query(ctx, `SELECT a.id, COALESCE(a.asked_by_then, '') FROM my_approvals a WHERE a.id IN `+places, args...)
		if err := everyRow(rows, err, func() error {
			var id ApprovalID
			var name string
			err := rows.Scan(&id, &name)
			if i := slices.Index(ids, id); i >= 0 {
				some[i].AskedBy = name
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// momentsOf are those of one approval.
func momentsOf(ctx context.Context, r reader, p Project, a Approval) ([]RecordMoment, error) {
	team := p.Shows.Has(FieldTeamNames) // whoever of the team asks for the paper
	all := []RecordMoment{{At: a.ShownAt.UTC(), What: "requested", Title: a.Title, Round: a.Round}}
	if team {
		all[0].By = a.AskedBy
	}
	rows, err := r.query(ctx, `SELECT x.at, x.kind, x.by_name, x.by_team, x.particulars FROM my_approval_course x WHERE x.approval_id = $2`, string(a.ID))
	course, err := list(rows, err, func(rows *db.Rows) (RecordMoment, error) {
		m, names, err := scanMoment(rows, team)
		m.Title, m.Round, m.From, m.To = a.Title, a.Round, names["old"], names["person"]
		return m, err
	})
	if err != nil {
		return nil, err
	}
	all = append(all, course...)
	given, err := approvalDecisions(ctx, r, a.ID)
	for _, d := range given {
		if d.Of == ClientSide && !d.Adviser {
			all = append(all, RecordMoment{At: d.At.UTC(), What: string(d.Answer), By: d.Name, Title: a.Title, Round: a.Round, Note: d.Note, From: d.For, Proof: string(d.Proof), Repeats: d.Repeats.UTC(), Said: d.SaidAt.UTC(), NotedBy: d.notedFor(p)})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].At.Before(all[j].At) })
	return all, err
}

// askedOf is what the hash of an approval is made of.
func askedOf(ctx context.Context, r reader, a Approval) (RecordAsked, error) {
	x := RecordAsked{Approval: a.ID, Title: a.Title, Body: a.Body, Checklist: a.Checklist, Content: a.Content}
	var err error
	if x.About, err = aboutOf(ctx, r, a.ID); err != nil {
		return x, err
	}
	subjects, err := approvalSubjects(ctx, r, a.ID)
	for _, s := range subjects {
		x.Files = append(x.Files, RecordFile{s.Name, s.Version, s.SHA256})
	}
	return x, err
}

// notedFor is who noted what was said by phone, as the client may know.
func (d ApprovalDecision) notedFor(p Project) string {
	if p.Shows.Has(FieldTeamNames) {
		return d.NotedBy
	}
	return ""
}

func (t *tx) keepCertificate(ctx context.Context, client ClientID, project ProjectID, r Record) error {
	id := CertificateID(db.NewID("crt"))
	for i := range r.Lines {
		r.Lines[i].At = r.Lines[i].At.UTC()
	}
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	hash := t.me.p.accounts.TokenHash(t.me.p.accounts.Token(account.PurposeCertificate, string(id)))
	if err := t.must(ctx, `
INSERT INTO certificates (id, subject_id, project_id, client_id, token_hash, content, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(id), r.ID, string(project), string(client), hash, string(content), t.now, string(t.me.actor.person)); err != nil {
		return err
	}
	return t.me.p.enqueue(ctx, t.Tx, MakeCertificate, CertificateJob{id})
}

// CertifyApproval has a certificate made of an approval that the client granted,
// once it cannot be taken back any more; of one that has one it does nothing. For
// whoever sees it. ErrConflict before.
func (me *Scope) CertifyApproval(ctx context.Context, id ApprovalID) error {
	brand, err := me.p.Brand(ctx)
	if err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		a, err := t.lockedApproval(ctx, id)
		switch {
		case err != nil:
			return err
		case !a.MayCertify(db.FromMicros(t.now)):
			return ErrConflict
		}
		var is CertificateID
		switch err := t.get(ctx, `SELECT c.id FROM my_certificates c WHERE c.subject_id = $2`, []any{string(id)}, &is); err {
		case nil:
			t.subject = string(id)
			return nil
		case ErrNotFound:
		default:
			return err
		}
		r := Record{Kind: "approval", ID: string(a.ID), Of: "approval", Title: a.Title, Workspace: brand.Name, Client: a.ClientName, Project: a.ProjectName, Statement: a.Body, Content: a.Content, At: a.StateAt.UTC(), State: string(a.State)}
		subjects, err := approvalSubjects(ctx, t, id)
		if err != nil {
			return err
		}
		for _, s := range subjects {
			r.Lines = append(r.Lines, SignoffLine{Position: s.Position, Kind: LineVersion, Item: string(s.File), Title: s.Name, Version: s.Version, Number: s.Number, SHA256: s.SHA256, Size: s.Size, Approval: id, At: a.StateAt})
		}
		p, err := loadProject(ctx, t, a.Project)
		if err != nil {
			return err
		}
		if r.Timeline, err = courseOf(ctx, t, p, map[ApprovalID]bool{}, a); err != nil {
			return err
		}
		about, err := askedOf(ctx, t, a)
		if err != nil {
			return err
		}
		r.Asked = []RecordAsked{about}
		given, err := approvalDecisions(ctx, t, id)
		if err != nil {
			return err
		}
		for _, d := range given {
			stands := !slices.ContainsFunc(given, func(o ApprovalDecision) bool { return o.Undoes == d.ID })
			if d.Of == ClientSide && !d.Adviser && d.Answer != Undone && stands {
				r.Signers = append(r.Signers, d.signer(a, p))
			}
		}
		if err := t.keepCertificate(ctx, a.Client, a.Project, r); err != nil {
			return err
		}
		h := a.happened(ApprovalCertified, Team, nil)
		h.Apart, h.Silent = true, true // it says what was recorded before
		return t.record(ctx, h)
	})
}

// signer is who decided, as they were known then.
func (d ApprovalDecision) signer(a Approval, p Project) RecordSigner {
	x := RecordSigner{Name: d.Name, Email: d.known.email, Role: d.known.role, Company: cmp.Or(d.known.company, a.ClientName), Proof: string(d.Proof), Zone: d.known.zone,
		Answer: d.Answer, For: d.For, Note: d.Note, Repeats: d.Repeats.UTC(), Said: d.SaidAt.UTC(), NotedBy: d.notedFor(p), At: d.At.UTC()}
	if at, ok := d.known.verified.(int64); ok {
		x.VerifiedAt = db.FromMicros(at).UTC()
	}
	return x
}

// MayCertify reports whether a certificate can be made of it: the client has
// granted it, and cannot take that back any more.
func (a Approval) MayCertify(now time.Time) bool {
	return a.State.Granted() && !a.ShownAt.IsZero() && !now.Before(a.StateAt.Add(undoFor))
}

// UnmadeCertificate is what a certificate is to say, for the program that makes
// the paper; ErrGone when it was made.
func (p *Portal) UnmadeCertificate(ctx context.Context, id CertificateID) (Certificate, error) {
	c, err := p.certificateWhere(ctx, `c.id = $1`, string(id))
	if err == nil && c.Made() {
		err = ErrGone
	}
	return c, err
}

// KeepCertificate notes where a paper is, and what it is: its seal binds it. Of several
// that were made at once the first is kept: ErrGone for the others, whose blob is swept.
func (p *Portal) KeepCertificate(ctx context.Context, id CertificateID, blob, sha256 string, size int64) error {
	c, err := p.UnmadeCertificate(ctx, id)
	if err != nil {
		return err
	}
	return p.change(ctx, func(t *tx) error {
		err := t.must(ctx, `UPDATE certificates SET made_at = $1, blob = $2, sha256 = $3, size = $4 WHERE id = $5 AND made_at IS NULL`, t.now, blob, sha256, size, string(id))
		if err == ErrConflict {
			err = ErrGone
		}
		if err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: CertificateMade, Client: c.Client, Project: c.Project, Subject: string(id), Audience: Team, Apart: true, Details: Details{"title": c.Record.Title}})
	})
}

// CertificateByCode is what whoever holds a certificate has in their hands: found
// by the code in it. ErrNotFound for everything else.
func (p *Portal) CertificateByCode(ctx context.Context, code string) (Certificate, error) {
	if len(code) > 100 || !strings.HasPrefix(code, "vt_"+account.PurposeCertificate+"_") {
		return Certificate{}, ErrNotFound
	}
	return p.certificateWhere(ctx, `c.token_hash = $1`, p.accounts.TokenHash(code))
}

// CertificateByHash is the same by the hash of the paper itself.
func (p *Portal) CertificateByHash(ctx context.Context, sha256 string) (Certificate, error) {
	if len(sha256) != 64 {
		return Certificate{}, ErrNotFound
	}
	return p.certificateWhere(ctx, `c.sha256 = $1`, sha256)
}

// Verify says what a file with a hash is to the certificate of a code, or, without
// a code, to any: "certificate", that itself; "version", the one of its lines that
// it returns; or "other". For whoever has one in their hands. A code without a file
// is "other"; ErrNotFound when there is no certificate of that code. A file that is
// no certificate is "unknown".
func (p *Portal) Verify(ctx context.Context, code, sha256 string) (c Certificate, is string, line SignoffLine, err error) {
	if code != "" {
		c, err = p.CertificateByCode(ctx, code)
	} else if c, err = p.CertificateByHash(ctx, sha256); err == ErrNotFound {
		return c, "unknown", line, nil
	}
	if err != nil {
		return c, "", line, err
	}
	if c.Made() && c.SHA256 == sha256 {
		return c, "certificate", line, nil
	}
	if i := slices.IndexFunc(c.Record.Lines, func(l SignoffLine) bool { return sha256 != "" && l.SHA256 == sha256 }); i >= 0 {
		return c, "version", c.Record.Lines[i], nil
	}
	return c, "other", line, nil
}
