package portal

import (
	"context"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A RequestState is how far a file request is.
type RequestState string

// The states of a file request. While it is open or refused it waits for the
// client, and once it is answered, for the team.
const (
	RequestOpen      RequestState = "open"
	RequestAnswered  RequestState = "answered"
	RequestAccepted  RequestState = "accepted"
	RequestRefused   RequestState = "refused" // and asked for again
	RequestWithdrawn RequestState = "withdrawn"
)

// Over reports whether nobody has to do anything any more.
func (s RequestState) Over() bool { return s == RequestAccepted || s == RequestWithdrawn }

// FileRequest is what the team needs from the client. It is for the client from
// the start: there is none for the team alone.
type FileRequest struct {
	ID           FileRequestID
	Project      ProjectID
	ProjectName  string
	Client       ClientID
	ClientName   string
	Title        string
	Body         string // what is needed
	Example      FileID // empty when none, or not for the reader
	ExampleName  string
	Folder       FolderID // where what comes in is put; empty: at the top
	FolderName   string
	Assignee     PersonID // one of the client's people; empty: whoever may upload
	AssigneeName string
	DueOn        string
	State        RequestState
	StateAt      time.Time
	StateBy      string // the name, empty when not for the reader
	Reason       string // why what came was refused
	Remind       bool   // for the team, like the two below
	RemindAt     time.Time
	RemindedAt   time.Time
	Files        int  // that came in
	Turn         Side // empty when it is over
	TurnSince    time.Time
	CreatedAt    time.Time
	CreatedBy    PersonID // for the team
	AskedBy      string   // the name, empty when not for the reader
	Revision     int64
	Held
}

// MayAnswer reports whether the reader may send files to it now.
func (q FileRequest) MayAnswer() bool { return !q.Team() && q.Can(Upload) && !q.State.Over() }

const fileRequestColumns = `q.id, q.project_id, q.project_name, q.client_id, q.client_name, q.title, q.body, COALESCE(q.example_id, ''), COALESCE(q.example_name, ''),
       COALESCE(q.folder_id, ''), COALESCE(q.folder_name, ''), COALESCE(q.assignee_id, ''), COALESCE(q.assignee_name, ''), COALESCE(q.due_on, ''),
       q.state, q.state_at, COALESCE(q.state_by_name, ''), q.reason, q.remind, COALESCE(q.remind_at, 0), COALESCE(q.reminded_at, 0),
       q.files, q.turn, q.turn_since, q.created_at, COALESCE(q.created_by, ''), COALESCE(q.asked_by, ''), q.revision, q.side, q.rights`

func (q *FileRequest) scan(scan func(...any) error) error {
	var at, remind, reminded, since, created int64
	err := scan(&q.ID, &q.Project, &q.ProjectName, &q.Client, &q.ClientName, &q.Title, &q.Body, &q.Example, &q.ExampleName,
		&q.Folder, &q.FolderName, &q.Assignee, &q.AssigneeName, &q.DueOn,
		&q.State, &at, &q.StateBy, &q.Reason, &q.Remind, &remind, &reminded,
		&q.Files, &q.Turn, &since, &created, &q.CreatedBy, &q.AskedBy, &q.Revision, &q.Side, &q.Rights)
	q.StateAt, q.RemindAt, q.RemindedAt, q.TurnSince, q.CreatedAt = moment(at), moment(remind), moment(reminded), moment(since), moment(created)
	return err
}

// FileRequest returns one file request.
func (me *Scope) FileRequest(ctx context.Context, id FileRequestID) (FileRequest, error) {
	return fileRequest(ctx, me, id)
}

func fileRequest(ctx context.Context, r reader, id FileRequestID) (q FileRequest, err error) {
	err = q.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+fileRequestColumns+` FROM my_file_requests q WHERE q.id = $2`, []any{string(id)}, dest...)
	})
	return q, err
}

// FileRequests returns the file requests of a project, newest first.
func (me *Scope) FileRequests(ctx context.Context, project ProjectID, pg Page) (all []FileRequest, next string, err error) {
	rows, err := me.query(ctx, `
SELECT `+fileRequestColumns+` FROM my_file_requests q
 WHERE q.project_id = $2 AND ($3 = '' OR q.id < $3) ORDER BY q.id DESC LIMIT $4`, string(project), pg.After, pg.limit())
	all, err = list(rows, err, func(rows *db.Rows) (q FileRequest, err error) { return q, q.scan(rows.Scan) })
	if err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(q FileRequest) string { return string(q.ID) })
	return all, next, nil
}

// maxOpenRequests bounds what stands on top of a project's files.
const maxOpenRequests = 20

// OpenFileRequests returns those of a project in which somebody has to act, the
// most urgent first.
func (me *Scope) OpenFileRequests(ctx context.Context, project ProjectID) ([]FileRequest, error) {
	rows, err := me.query(ctx, `
SELECT `+fileRequestColumns+` FROM my_file_requests q
 WHERE q.project_id = $2 AND q.state NOT IN ('accepted', 'withdrawn')
 ORDER BY CASE WHEN q.due_on IS NULL THEN 1 ELSE 0 END, q.due_on, q.state_at, q.id LIMIT $3`, string(project), maxOpenRequests)
	return list(rows, err, func(rows *db.Rows) (q FileRequest, err error) { return q, q.scan(rows.Scan) })
}

// RequestedFile is a file that came in answer to a file request.
type RequestedFile struct {
	Request     FileRequestID
	File        FileID
	Name        string
	Version     VersionID
	Number      int // of the version, for the team
	ShownNumber int // as the client counts
	Audience    Side
	Size        int64
	Kind        string
	Preview     string // "ready" when it can be looked at
	Scan        string
	At          time.Time
	By          string
	Held
}

// FileRequestFiles returns what came in answer to a file request, newest first.
func (me *Scope) FileRequestFiles(ctx context.Context, id FileRequestID) ([]RequestedFile, error) {
	rows, err := me.query(ctx, `
SELECT i.request_id, i.file_id, i.name, i.version_id, i.number, i.shown_number, i.audience, i.size, i.kind, i.preview, i.scan, i.created_at, i.by_name, i.side, i.rights
  FROM my_file_request_files i WHERE i.request_id = $2 ORDER BY i.created_at DESC, i.file_id LIMIT 500`, string(id))
	return list(rows, err, func(rows *db.Rows) (f RequestedFile, err error) {
		var at int64
		err = rows.Scan(&f.Request, &f.File, &f.Name, &f.Version, &f.Number, &f.ShownNumber, &f.Audience, &f.Size, &f.Kind, &f.Preview, &f.Scan, &at, &f.By, &f.Side, &f.Rights)
		f.At = moment(at)
		return f, err
	})
}

// WaitsForMe reports whether the file request waits for the actor, as one of
// the client's people.
func (me *Scope) WaitsForMe(ctx context.Context, id FileRequestID) (bool, error) {
	var n int
	err := me.get(ctx, `SELECT COUNT(*) FROM my_waiting n WHERE n.id = $2`, []any{string(id)}, &n)
	return n > 0, err
}

// Uploaders returns the client's people who may be asked for a file: those who
// can upload to the project. For those of its team.
func (me *Scope) Uploaders(ctx context.Context, project ProjectID) ([]ProjectPerson, error) {
	return uploaders(ctx, me, project)
}

func uploaders(ctx context.Context, r reader, project ProjectID) ([]ProjectPerson, error) {
	rows, err := r.query(ctx, `
SELECT x.person_id, x.name, x.person_side FROM my_project_people x
 WHERE x.project_id = $2 AND x.person_side = 'client' AND (x.given & 16) <> 0 ORDER BY x.name, x.person_id LIMIT 500`, string(project))
	return list(rows, err, func(rows *db.Rows) (p ProjectPerson, err error) { return p, rows.Scan(&p.Person, &p.Name, &p.Side) })
}

// NewFileRequest is what AskForFile takes.
type NewFileRequest struct {
	Title, Body string
	Example     FileID   // of the project; the client must see it, or be shown it
	ShowExample bool     // shows the example to the client
	Folder      FolderID // that the client sees; empty: at the top
	Assignee    PersonID // of the client, who can upload; empty: whoever may
	DueOn       string
	Remind      bool // by mail: the day before it is due, on the day, and after
}

func (n *NewFileRequest) check() error {
	var c checks
	n.Title = c.name("title", n.Title)
	n.Body = c.text("body", n.Body)
	n.DueOn = c.day("due_on", n.DueOn)
	return c.err()
}

// AskForFile asks the client for files, and mails those who can upload. Takes
// Contribute, and to show a file that is the team's own, what Reveal takes.
func (me *Scope) AskForFile(ctx context.Context, project ProjectID, n NewFileRequest) (FileRequestID, error) {
	if err := n.check(); err != nil {
		return "", err
	}
	id := FileRequestID(db.NewID("frq"))
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, project, Contribute)
		if err != nil {
			return err
		}
		if err := t.checkAsk(ctx, p.Client, project, n, FileRequest{}); err != nil {
			return err
		}
		remind, err := t.remindAt(ctx, p.Client, n.Remind, n.DueOn)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
INSERT INTO file_requests (id, project_id, client_id, title, title_key, body, example_id, folder_id, assignee_id, due_on, state_at, state_by, remind, remind_at, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $11, $12)`,
			string(id), string(project), string(p.Client), n.Title, fold(n.Title), n.Body, nullable(n.Example), nullable(n.Folder), nullable(n.Assignee), nullable(n.DueOn),
			t.now, string(me.actor.person), n.Remind, remind); err != nil {
			return err
		}
		q, err := fileRequest(ctx, t, id)
		if err != nil {
			return err
		}
		return t.tellRequest(ctx, FileRequested, q, nil)
	})
	return id, err
}

// checkAsk makes sure that the parts of a request go together: all are of
// the project, and the client sees what they are sent to. What stays as it was
// is not looked at again.
func (t *tx) checkAsk(ctx context.Context, client ClientID, project ProjectID, n NewFileRequest, was FileRequest) error {
	// What is looked at below stays so: its folder is not concealed meanwhile.
	if err := t.lock(ctx, string(client)); err != nil {
		return err
	}
	if n.Assignee != "" && n.Assignee != was.Assignee {
		all, err := uploaders(ctx, t, project)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(p ProjectPerson) bool { return p.Person == n.Assignee }) {
			return invalid("assignee", "cannot_upload")
		}
	}
	if n.Folder != "" && n.Folder != was.Folder {
		f, err := t.inProject(ctx, ItemID(n.Folder), "folder", project)
		switch {
		case err != nil:
			return err
		case f.audience != ClientSide:
			return invalid("folder", "not_shown")
		}
	}
	if n.Example != "" && n.Example != was.Example {
		f, err := t.inProject(ctx, ItemID(n.Example), "file", project)
		switch {
		case err != nil:
			return err
		case f.audience == ClientSide:
		case !n.ShowExample:
			return invalid("example", "example_hidden")
		default:
			return t.reveal(ctx, f, false)
		}
	}
	return nil
}

// inProject loads a file or folder that has to be of the project.
func (t *tx) inProject(ctx context.Context, id ItemID, kind string, project ProjectID) (item, error) {
	field := map[string]string{"file": "example", "folder": "folder"}[kind]
	i, err := loadItem(ctx, t, id)
	if err == ErrNotFound || err == nil && (i.name != kind || i.project != project) {
		err = invalid(field, "choice")
	}
	return i, err
}

// remindAt is when to remind first, from now on.
func (t *tx) remindAt(ctx context.Context, client ClientID, remind bool, dueOn string) (any, error) {
	if !remind || dueOn == "" {
		return nil, nil
	}
	c, err := t.workCalendar(ctx, client)
	if err != nil {
		return nil, err
	}
	if at := nextReminder(dueOn, c.Zone, db.FromMicros(t.now)); !at.IsZero() {
		return db.Micros(at), nil
	}
	return nil, nil
}

// tellRequest records what happened to a file request, and queues its mail:
// to the client's people whom it waits for, or to whoever asked.
func (t *tx) tellRequest(ctx context.Context, k Kind, q FileRequest, details Details) error {
	if details == nil {
		details = Details{}
	}
	details["title"] = q.Title
	h := Happening{Kind: k, Client: q.Client, Project: q.Project, Subject: string(q.ID), Audience: ClientSide, Details: details}
	switch k {
	case FileRequested, FilesRefused:
		all, err := uploaders(ctx, t, q.Project)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.Person == q.Assignee {
				h.Tells = []PersonID{p.Person}
				break
			}
			h.Tells = append(h.Tells, p.Person)
		}
	case FileRequestAnswered:
		who, err := t.whoAsked(ctx, q.ID)
		if err != nil {
			return err
		}
		if who != "" {
			h.Tells = []PersonID{who}
		}
	}
	return t.record(ctx, h)
}

// FileRequestChange is what ChangeFileRequest takes.
type FileRequestChange struct {
	NewFileRequest
	Revision int64
}

// ChangeFileRequest saves a file request. One that is over does not change:
// ErrConflict. Takes Contribute.
func (me *Scope) ChangeFileRequest(ctx context.Context, id FileRequestID, in FileRequestChange) error {
	if err := in.check(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		q, err := t.requestFor(ctx, id)
		switch {
		case err != nil:
			return err
		case q.State.Over():
			return ErrConflict
		}
		if err := t.checkAsk(ctx, q.Client, q.Project, in.NewFileRequest, q); err != nil {
			return err
		}
		remind, err := t.remindAt(ctx, q.Client, in.Remind && q.Turn == ClientSide, in.DueOn)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE file_requests SET title = $1, title_key = $2, body = $3, example_id = $4, folder_id = $5, assignee_id = $6, due_on = $7, remind = $8, remind_at = $9, revision = revision + 1
 WHERE id = $10 AND revision = $11`,
			in.Title, fold(in.Title), in.Body, nullable(in.Example), nullable(in.Folder), nullable(in.Assignee), nullable(in.DueOn), in.Remind, remind, string(id), in.Revision); err != nil {
			return err
		}
		q.Title = in.Title
		return t.tellRequest(ctx, FileRequestChanged, q, nil)
	})
}

// requestFor loads a file request that the actor may change.
func (t *tx) requestFor(ctx context.Context, id FileRequestID) (FileRequest, error) {
	q, err := fileRequest(ctx, t, id)
	if err == nil && !q.Can(Contribute) {
		err = ErrForbidden
	}
	return q, err
}

// cameIn notes that a version of a file came in answer to a file request, in
// the transaction in which it arrived. Who looks at the request decides on what
// was there: it is a new revision, unless the client does not see what came.
func (t *tx) cameIn(ctx context.Context, id FileRequestID, project ProjectID, file FileID, version VersionID) error {
	if err := t.must(ctx, `
INSERT INTO file_request_files (request_id, file_id, project_id, version_id, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (request_id, file_id) DO UPDATE SET version_id = $4, created_at = $5`, string(id), string(file), string(project), string(version), t.now); err != nil {
		return err
	}
	var shown int
	err := t.get(ctx, `
SELECT COUNT(*) FROM my_versions v JOIN my_files f ON f.id = v.file_id WHERE v.id = $2 AND v.version_audience = 'client' AND f.audience = 'client'`,
		[]any{string(version)}, &shown)
	if err != nil || shown == 0 {
		return err
	}
	return t.must(ctx, `UPDATE file_requests SET revision = revision + 1 WHERE id = $1`, string(id))
}

// AnswerFileRequest says that what was sent is everything: it is the team's
// turn, and who asked is mailed. For the client's people who can upload;
// something must have come in.
func (me *Scope) AnswerFileRequest(ctx context.Context, id FileRequestID) error {
	return me.write(ctx, func(t *tx) error {
		q, err := fileRequest(ctx, t, id)
		switch {
		case err != nil:
			return err
		case q.Team() || !q.Can(Upload):
			return ErrForbidden
		case q.Turn != ClientSide:
			return ErrConflict
		case q.Files == 0:
			return invalid("file", "nothing_sent")
		}
		return t.settle(ctx, q, RequestAnswered, "", FileRequestAnswered, nil)
	})
}

// AcceptFiles says that what was asked for is there, whichever way it came. To
// an older revision than that of now it is ErrConflict. Takes Contribute.
func (me *Scope) AcceptFiles(ctx context.Context, id FileRequestID, revision int64) error {
	return me.write(ctx, func(t *tx) error {
		q, err := t.requestFor(ctx, id)
		switch {
		case err != nil:
			return err
		case q.State.Over() || q.Revision != revision:
			return ErrConflict
		}
		return t.settle(ctx, q, RequestAccepted, "", FilesAccepted, nil)
	})
}

// RefuseFiles asks again, and says why: it is the client's turn, and they are
// mailed. As AcceptFiles; what was accepted may be asked for again, too.
func (me *Scope) RefuseFiles(ctx context.Context, id FileRequestID, reason string, revision int64) error {
	var c checks
	if reason = c.text("reason", reason); reason == "" {
		c.fail("reason", "required")
	}
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		q, err := t.requestFor(ctx, id)
		switch {
		case err != nil:
			return err
		case q.State == RequestWithdrawn || q.State == RequestRefused || q.Files == 0 || q.Revision != revision:
			return ErrConflict
		}
		return t.settle(ctx, q, RequestRefused, reason, FilesRefused, Details{"reason": reason})
	})
}

// WithdrawFileRequest says that nothing is needed any more. What came in stays.
// Takes Contribute.
func (me *Scope) WithdrawFileRequest(ctx context.Context, id FileRequestID) error {
	return me.write(ctx, func(t *tx) error {
		q, err := t.requestFor(ctx, id)
		switch {
		case err != nil:
			return err
		case q.State.Over():
			return ErrConflict
		}
		return t.settle(ctx, q, RequestWithdrawn, "", FileRequestWithdrawn, nil)
	})
}

// settle brings a file request into another state, and says when to remind
// next of what waits for the client again.
func (t *tx) settle(ctx context.Context, q FileRequest, to RequestState, reason string, k Kind, details Details) error {
	remind, err := t.remindAt(ctx, q.Client, q.Remind && to == RequestRefused, q.DueOn)
	if err != nil {
		return err
	}
	if err := t.must(ctx, `
UPDATE file_requests SET state = $1, state_at = $2, state_by = $3, reason = $4, remind_at = $5, revision = revision + 1
 WHERE id = $6 AND state = $7`, string(to), t.now, string(t.me.actor.person), reason, remind, string(q.ID), string(q.State)); err != nil {
		return err
	}
	return t.tellRequest(ctx, k, q, details)
}

// MailReminder is the kind of the mails that remind of a file request.
const MailReminder = "file_request_reminder"

// SendReminders queues the reminders of file requests whose time has come, as
// sendReminders says.
func (p *Portal) SendReminders(ctx context.Context, last time.Time) error {
	return p.sendReminders(ctx, last, reminders{
		mail: MailReminder,
		due:  p.dueReminders,
		move: `UPDATE file_requests SET remind_at = $1, reminded_at = COALESCE($2, reminded_at) WHERE id = $3 AND remind_at = $4 AND state IN ('open', 'refused')`,
		whom: func(ctx context.Context, d *db.Tx, id string) ([]PersonID, error) {
			return whomToRemind(ctx, d, FileRequestID(id))
		},
	})
}

// RequestChoices are what a file request can name, of the project.
type RequestChoices struct {
	People   []ProjectPerson // the client's, who can upload
	Folders  []Folder        // that the client sees, by name
	Examples []ExampleFile   // the newest files
}

// ExampleFile is a file that can show what is meant.
type ExampleFile struct {
	ID       FileID
	Name     string
	Audience Side
}

const (
	foldersToChoose  = 200
	examplesToChoose = 100
)

// RequestChoices returns what a file request of the project can name. For its
// team.
func (me *Scope) RequestChoices(ctx context.Context, project ProjectID) (c RequestChoices, err error) {
	if c.People, err = me.Uploaders(ctx, project); err != nil {
		return c, err
	}
	rows, err := me.query(ctx, `
SELECT `+folderColumns+` FROM my_folders f WHERE f.project_id = $2 AND f.audience = 'client' ORDER BY f.depth, f.name_key, f.id LIMIT $3`, string(project), foldersToChoose)
	if c.Folders, err = list(rows, err, scanFolder); err != nil {
		return c, err
	}
	rows, err = me.query(ctx, `
SELECT f.id, f.name, f.audience FROM my_team_files f WHERE f.project_id = $2 ORDER BY f.at DESC, f.id DESC LIMIT $3`, string(project), examplesToChoose)
	c.Examples, err = list(rows, err, func(rows *db.Rows) (f ExampleFile, err error) { return f, rows.Scan(&f.ID, &f.Name, &f.Audience) })
	return c, err
}
