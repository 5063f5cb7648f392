package demo

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/preview"
)

type folder struct {
	name    string
	on      day
	by      *person // else the project's lead
	hidden  bool
	files   []*file
	folders []folder
}

type file struct {
	name    string
	on      day
	by      *person // else the project's lead
	is      func() []byte
	hidden  bool // as long as it is not shown
	then    []version
	shown   day // by the project's lead
	pinned  bool
	answers *request
	trashed day // by who brought it
	taken   []take

	id portal.FileID
}

type version struct {
	on     day
	is     func() []byte
	note   string
	by     *person // else who brought the file
	hidden bool    // of a file that is shown: a draft
}

// A take is somebody downloading the newest version.
type take struct {
	on  day
	who *person
}

// A request is what the team needs from somebody of the client, who answers with
// files.
type request struct {
	title, body string
	on, due     day
	who         *person
	answered    day
	accepted    day

	id portal.FileRequestID
}

// A given file is one that people without a sign-in can take, by a link.
type given struct {
	on       day
	file     *file
	until    day
	most     int // times; 0: any number
	password string
}

// A content is bytes that are made and stored while the demo gets there.
type content struct {
	on   day
	is   func() []byte
	name string

	done    chan struct{}
	key     blob.Key
	arrived portal.Arrived
	err     error
}

// makes plans that bytes are made.
func (f *filling) makes(on day, name string, is func() []byte) *content {
	c := &content{on: on, is: is, name: name, done: make(chan struct{}), key: blob.NewKey()}
	f.contents = append(f.contents, c)
	return c
}

// store makes and stores all that was planned, what is needed first before the
// rest, until the returned function is called.
func (f *filling) store(ctx context.Context, blobs blob.Store) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	slices.SortStableFunc(f.contents, func(a, b *content) int { return int(a.on - b.on) })
	next := make(chan *content, len(f.contents))
	for _, c := range f.contents {
		next <- c
	}
	close(next)
	var wg sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) { // each waits for the disk half of the time
		wg.Go(func() {
			for c := range next {
				c.err = ctx.Err()
				if c.err == nil {
					c.arrived, c.err = keep(ctx, blobs, c)
				}
				close(c.done)
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

func keep(ctx context.Context, blobs blob.Store, c *content) (portal.Arrived, error) {
	b := c.is()
	info, err := blobs.Put(ctx, c.key, bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return portal.Arrived{}, err
	}
	kind, mime := preview.Sniff(b[:min(len(b), preview.SniffLen)], c.name)
	return portal.Arrived{Size: info.Size, SHA256: info.SHA256, Kind: string(kind), Type: mime}, nil
}

// arrives has somebody upload bytes.
func (f *filling) arrives(ctx context.Context, who *person, n portal.NewUpload, c *content) (portal.FileID, error) {
	<-c.done
	if c.err != nil {
		return "", c.err
	}
	me := f.as(who)
	n.Size = c.arrived.Size
	up, err := me.BeginUpload(ctx, n, string(c.key))
	if err != nil {
		return "", err
	}
	id, _, err := me.FinishUpload(ctx, up, c.arrived)
	return id, err
}

// folder plans a folder of a project, in another or at the top.
func (f *filling) folder(p *project, d folder, in *portal.FolderID) {
	id := new(portal.FolderID)
	by := d.by
	if by == nil {
		by = p.lead
	}
	f.on(d.on, d.name, func(ctx context.Context) (err error) {
		*id, err = f.as(by).AddFolder(ctx, p.id, *in, portal.NewFolder{Name: d.name, Audience: side(d.hidden)})
		return err
	})
	for _, x := range d.folders {
		f.folder(p, x, id)
	}
	for _, x := range d.files {
		f.file(p, x, id)
	}
}

// file plans all that happens to a file.
func (f *filling) file(p *project, x *file, in *portal.FolderID) {
	by := x.by
	if by == nil {
		by = p.lead
	}
	first := f.makes(x.on, x.name, x.is)
	f.on(x.on, x.name, func(ctx context.Context) (err error) {
		n := portal.NewUpload{Project: p.id, Folder: *in, Name: x.name, Audience: side(x.hidden)}
		if x.answers != nil {
			n.Request = x.answers.id
		}
		x.id, err = f.arrives(ctx, by, n, first)
		return err
	})
	for _, v := range x.then {
		who := by
		if v.by != nil {
			who = v.by
		}
		c := f.makes(v.on, x.name, v.is)
		f.on(v.on, "a version of "+x.name, func(ctx context.Context) error {
			_, err := f.arrives(ctx, who, portal.NewUpload{File: x.id, Name: x.name, Note: prose(v.note), Audience: side(v.hidden)}, c)
			return err
		})
	}
	if x.shown != 0 {
		f.on(x.shown, "show "+x.name, func(ctx context.Context) error { return f.as(p.lead).Reveal(ctx, portal.ItemID(x.id), false) })
	}
	if x.pinned {
		f.on(x.on, "pin "+x.name, func(ctx context.Context) error { return f.as(by).PinFile(ctx, x.id) })
	}
	for _, t := range x.taken {
		f.on(t.on, t.who.name+" takes "+x.name, func(ctx context.Context) error { return f.take(ctx, t.who, x.id) })
	}
	if x.trashed != 0 {
		f.on(x.trashed, "delete "+x.name, func(ctx context.Context) error { return f.as(by).TrashFile(ctx, x.id) })
	}
}

// asks plans that the lead asks for files.
func (f *filling) asks(p *project, q *request) {
	f.on(q.on, "ask for "+q.title, func(ctx context.Context) (err error) {
		q.id, err = f.as(p.lead).AskForFile(ctx, p.id, portal.NewFileRequest{Title: q.title, Body: prose(q.body),
			Assignee: f.people[q.who], DueOn: f.days.date(q.due), Remind: true})
		return err
	})
}

// answered plans what becomes of what was asked for.
func (f *filling) answered(p *project, q *request) {
	if q.answered != 0 {
		f.on(q.answered, "answer "+q.title, func(ctx context.Context) error { return f.as(q.who).AnswerFileRequest(ctx, q.id) })
	}
	if q.accepted != 0 {
		f.on(q.accepted, "accept "+q.title, func(ctx context.Context) error {
			now, err := f.as(p.lead).FileRequest(ctx, q.id)
			if err != nil {
				return err
			}
			return f.as(p.lead).AcceptFiles(ctx, q.id, now.Revision)
		})
	}
}

// take is somebody looking at a file and downloading it.
func (f *filling) take(ctx context.Context, who *person, id portal.FileID) error {
	me := f.as(who)
	if err := me.MarkSeen(ctx, portal.ItemID(id)); err != nil {
		return err
	}
	x, err := me.File(ctx, id)
	if err != nil {
		return err
	}
	s, err := me.DownloadVersion(ctx, x.Version.ID)
	if err != nil {
		return err
	}
	me.LogDownload(s, "file")
	return nil
}

// attached plans that files are put into an item.
func (f *filling) attached(on day, by *person, what string, id func() portal.ItemID, files []*file) {
	for _, x := range files {
		f.on(on, x.name+" in "+what, func(ctx context.Context) error { return f.as(by).Attach(ctx, id(), x.id) })
	}
}

// give plans a share link.
func (f *filling) give(p *project, l given) {
	f.on(l.on, "a link to "+l.file.name, func(ctx context.Context) error {
		n := portal.NewShareLink{ExpiresAt: f.days.midnight(l.until), MaxDownloads: l.most, Password: l.password}
		_, err := f.as(p.lead).ShareFile(ctx, l.file.id, n)
		return err
	})
}
