package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// page is the frame of a page for this visitor. Current names the entry of the
// navigation that leads here.
func (s *Server) page(me *visit, current string) view.Page {
	p := view.Page{Book: me.Book, Now: me.Now, ReadOnly: me.ReadOnly()}
	switch {
	case !me.signedIn():
		p.Shell.Card = s.card(me)
	case me.Self.Role != "":
		p.Shell.Team = s.teamShell(me, current)
	default:
		p.Shell.Client = s.clientShell(me, current)
	}
	if me.pushes {
		p.Load(static.Push)
	}
	if slices.Contains(doneKeys, me.done) {
		toast := &ui.Toast{Text: p.T("done." + me.done)}
		if me.done == "completed" && taskID.MatchString(me.of) {
			toast.Undo, toast.Post = p.T("action.undo"), "/tasks/"+me.of+"/reopen"
		}
		switch sh := p.Shell; {
		case sh.Client != nil:
			sh.Client.Page.Toast = toast
		case sh.Team != nil:
			sh.Team.Page.Toast = toast
		}
	}
	return p
}

// whose is the client that a list is of, for one of the client's people: the one
// that the address names, or their first. The team has one list of all.
func whose(r *http.Request, me *visit) (portal.ClientID, error) {
	if me.Self.Role != "" || len(me.Self.Clients) == 0 {
		return "", nil
	}
	client := portal.ClientID(r.URL.Query().Get("client"))
	switch {
	case client == "":
		client = me.Self.Clients[0].ID
	case !slices.ContainsFunc(me.Self.Clients, func(c portal.ClientName) bool { return c.ID == client }):
		return "", portal.ErrNotFound
	}
	return client, nil
}

// chooses lets a person of several clients go from the list of one to that of
// another, at a path, with what else was asked for. Nothing of one stands among
// what is another's.
func chooses(p *view.Page, me *visit, client portal.ClientID, path string, asked url.Values) {
	if me.Self.Role != "" || len(me.Self.Clients) < 2 {
		return
	}
	for _, c := range me.Self.Clients {
		q := url.Values{"client": {string(c.ID)}}
		for k, v := range asked {
			switch k {
			case "client", "project", "about", "conversation", "after", "done", "of": // of this list alone
			default:
				q[k] = v
			}
		}
		p.Whose = append(p.Whose, ui.Tab{Label: c.Name, Href: path + "?" + q.Encode(), Current: c.ID == client})
	}
}

// messagesPath is the list of conversations: of somebody of several clients that of
// their first.
const messagesPath = "/messages"

// under names in the shell the client that a page is of, and has the navigation lead
// to its conversations, and count those.
func under(p *view.Page, me *visit, client portal.ClientID) {
	sh := p.Shell.Client
	for i, c := range me.Self.Clients {
		if c.ID != client || sh == nil {
			continue
		}
		sh.Client = c.Name
		for n := range sh.Nav {
			if x := &sh.Nav[n]; i > 0 && x.Href == messagesPath {
				x.Href, x.Count = messagesPath+"?client="+string(client), me.unread(client)
			}
		}
	}
}

// doneKeys are what a page says of the change that led to it, as ?done=key.
var doneKeys = []string{
	"saved", "muted", "unmuted", "push_on", "push_off", "password", "email", "ended", "others", "revoked",
	"uploaded", "welcome", "access", "invited", "resent", "withdrawn", "readdressed", "suspended", "resumed", "removed",
	"client", "archived", "restored", "teamed", "unteamed", "role", "reassigned", "viewing",
	"added", "deleted", "shown", "hidden", "turn", "update_sent", "update_team", "reached", "reopened", "started", "completed",
	"unshared", "project_shared", "project_archived", "project_restored", "template", "off_project",
	"pinned", "unpinned", "moved", "copied", "trashed", "untrashed", "attached", "detached",
	"version_back",
	"settled", "message_deleted", "message_erased", "resolved", "comments_reopened", "feedback_sent", "feedback_none", "unsent_saved", "unsent_deleted", "unsent_shared", "unsent_unshared",
	"approval_sent", "approval_saved", "approval_approved", "approval_returned", "approval_declined", "approval_stands", "approval_advised", "approval_undone", "approval_cancelled", "approval_reminded", "approval_aside", "approval_delegated", "approval_reassigned", "approval_taken", "call_noted", "call_withdrawn", "call_confirmed", "call_denied", "deputy_named", "deputy_ended",
	"revision_made", "change_answered", "change_clarified", "price_accepted", "price_declined",
	"certified", "signoff_asked", "signoff_signed", "signoff_declined", "signoff_withdrawn",
	"request_sent", "request_answered", "request_accepted", "request_refused", "request_withdrawn", "link_made", "link_revoked", "links_revoked",
}

var taskID = regexp.MustCompile(`^tsk_[0-9a-z]{26}$`)

// cardPage is the frame of a page in front of the door, whoever looks at it.
func (s *Server) cardPage(me *visit) view.Page {
	return view.Page{Book: me.Book, Now: me.Now, Shell: view.Shell{Card: s.card(me)}}
}

// setTitle names the page in the window.
func (s *Server) setTitle(p *view.Page, title string) {
	switch sh := p.Shell; {
	case sh.Client != nil:
		sh.Client.Title = title + " · " + sh.Client.Brand.Name
	case sh.Team != nil:
		sh.Team.Title = title + " · " + sh.Team.Brand.Name
	default:
		sh.Card.Title = title + " · " + sh.Card.Brand.Name
	}
}

func (s *Server) document(me *visit) ui.Page {
	b := me.Book
	d := ui.Page{Lang: b.Lang(), Title: me.Brand.Name, Theme: me.Person.Theme, Words: ui.ShellWords{
		Skip: b.T("shell.skip"), Nav: b.T("shell.nav"), More: b.T("shell.more"), Menu: b.T("shell.menu"), Bell: b.T("shell.bell"), BellNew: b.T("shell.bell_new"),
		Clients: b.T("shell.clients"), LogOut: b.T("action.log_out"), Close: b.T("action.close"), Copied: b.T("shell.copied"),
		News: b.T("shell.news"), Refresh: b.T("shell.refresh"), Open: b.T("notices.open"), Search: b.T("shell.search"),
	}}
	d.Brand = brandStamp(me.Brand)
	if me.signedIn() && me.mark != "" {
		d.Live = "/live?since=" + me.mark
	}
	return d
}

func brandOf(b portal.Brand) ui.Brand {
	return ui.Brand{Name: b.Mark(), Mark: ui.Person{Name: b.Mark()}.Initials(), Href: "/"}
}

func legal(me *visit) []ui.Link {
	var links []ui.Link
	if me.Brand.LegalURL != "" {
		links = append(links, ui.Link{Label: me.Book.T("shell.legal"), Href: me.Brand.LegalURL})
	}
	if me.Brand.PrivacyURL != "" {
		links = append(links, ui.Link{Label: me.Book.T("shell.privacy"), Href: me.Brand.PrivacyURL})
	}
	return links
}

func (s *Server) card(me *visit) *ui.CardShellProps {
	return &ui.CardShellProps{Page: s.document(me), Brand: brandOf(me.Brand), Welcome: me.Book.T("shell.cover", "workspace", me.Brand.Name), Legal: legal(me)}
}

func (s *Server) teamShell(me *visit, current string) *ui.TeamShellProps {
	b := me.Book
	nav := []ui.NavItem{
		{Label: b.T("nav.today"), Href: "/", Icon: "sun", Current: current == "today"},
		{Label: b.T("nav.clients"), Href: "/clients", Icon: "building-2", Current: current == "clients"},
		{Label: b.T("nav.projects"), Href: "/projects", Icon: "folder-kanban", Current: current == "projects"},
		{Label: b.T("nav.messages"), Href: "/messages", Icon: "message-square", Current: current == "messages", Count: me.unread("")},
		{Label: b.T("nav.approvals"), Href: "/approvals", Icon: "stamp", Current: current == "approvals"},
		{Label: b.T("nav.files"), Href: "/files", Icon: "files", Current: current == "files"},
		{Label: b.T("nav.people"), Href: "/people", Icon: "users", Current: current == "people"},
	}
	if me.Self.Rights.Has(portal.Administer) {
		nav = append(nav,
			ui.NavItem{Label: b.T("nav.outbox"), Href: "/outbox", Icon: "send", Current: current == "outbox", Count: me.held()},
			ui.NavItem{Label: b.T("nav.settings"), Href: "/settings", Icon: "settings", Current: current == "settings"})
	}
	return &ui.TeamShellProps{Page: s.document(me), Brand: brandOf(me.Brand), Nav: nav, Search: "/search", BellHref: "/notices", Needs: me.needed(), News: me.news(),
		Person: ui.Person{Name: me.Person.Name, Detail: b.T("role." + me.Self.Role)}, Menu: personMenu(me), LogOut: "/sign-out"}
}

func (s *Server) clientShell(me *visit, current string) *ui.ClientShellProps {
	b := me.Book
	p := &ui.ClientShellProps{Page: s.document(me), Brand: brandOf(me.Brand), Legal: legal(me), BellHref: "/notices", Needs: me.needed(), News: me.news(),
		Person: ui.Person{Name: me.Person.Name, Detail: me.Person.Email}, Menu: personMenu(me), LogOut: "/sign-out"}
	if len(me.Self.Clients) > 0 {
		p.Nav = []ui.NavItem{
			{Label: b.T("nav.home"), Href: "/", Icon: "house", Current: current == "home"},
			{Label: b.T("nav.projects"), Href: "/projects", Icon: "folder-kanban", Current: current == "projects"},
		}
		if me.Self.Approvals {
			p.Nav = append(p.Nav, ui.NavItem{Label: b.T("nav.approvals"), Href: "/approvals", Icon: "stamp", Current: current == "approvals"})
		}
		if me.Self.Messages {
			p.Nav = append(p.Nav, ui.NavItem{Label: b.T("nav.messages"), Href: messagesPath, Icon: "message-square", Current: current == "messages", Count: me.unread(me.Self.Clients[0].ID)})
		}
		if me.Self.Files {
			p.Nav = append(p.Nav, ui.NavItem{Label: b.T("nav.files"), Href: "/files", Icon: "files", Current: current == "files"})
		}
		p.Nav = append(p.Nav, ui.NavItem{Label: b.T("nav.help"), Href: "/help", Icon: "circle-help", Current: current == "help"})
	}
	for _, c := range me.Self.Clients {
		p.Menu = append(p.Menu, ui.MenuItem{Label: b.T("colleagues.menu", "client", c.Name), Href: "/clients/" + string(c.ID) + "/people", Icon: "users"})
	}
	if v := me.Viewing; v != nil {
		p.Person, p.Menu, p.LogOut = ui.Person{Name: v.Name, Detail: v.Client}, nil, ""
		p.Banners = []ui.Banner{{Kind: "as", Icon: "eye", Text: b.T("viewing.banner", "person", v.Name, "client", v.Client),
			Action: &ui.MenuItem{Label: b.T("viewing.stop"), Href: "/viewing/stop", Post: true}}}
	}
	for _, c := range me.Self.Clients {
		p.Switcher = append(p.Switcher, ui.MenuItem{Label: c.Name, Href: "/clients/" + string(c.ID)})
	}
	return p
}

// personMenu is what a person may do with themselves.
func personMenu(me *visit) []ui.MenuItem {
	b := me.Book
	return []ui.MenuItem{
		{Label: b.T("nav.profile"), Href: "/profile", Icon: "user"},
		{Label: b.T("notices.title"), Href: "/profile/notices", Icon: "bell"},
		{Label: b.T("nav.calendar"), Href: "/calendar", Icon: "calendar"},
		{Label: b.T("nav.sessions"), Href: "/profile/sessions", Icon: "monitor"},
	}
}

// brandStamp goes into the addresses of the brand's files and changes with
// them, so that browsers may keep them.
func brandStamp(b portal.Brand) string {
	sum := sha256.Sum256([]byte(b.Accent + " " + b.Mark()))
	return hex.EncodeToString(sum[:6])
}

// brandSheet serves the workspace's accent.
func (s *Server) brandSheet(w http.ResponseWriter, r *http.Request, _ *visit) error {
	return s.brandFile(w, r, "text/css; charset=utf-8", func(b portal.Brand) []byte { return brandCSS(b.Accent) })
}

// brandIcon serves the workspace's mark as the icon of its pages.
func (s *Server) brandIcon(w http.ResponseWriter, r *http.Request, _ *visit) error {
	return s.brandFile(w, r, "image/svg+xml", func(b portal.Brand) []byte {
		return static.Icon(ui.Person{Name: b.Mark()}.Initials(), b.Accent)
	})
}

// brandPicture is the icon where a telephone keeps it.
func (s *Server) brandPicture(w http.ResponseWriter, r *http.Request, _ *visit) error {
	return s.brandFile(w, r, "image/png", func(b portal.Brand) []byte { return static.IconPicture(ui.Person{Name: b.Mark()}.Initials(), b.Accent) })
}

func (s *Server) brandFile(w http.ResponseWriter, r *http.Request, kind string, draw func(portal.Brand) []byte) error {
	b, err := s.Portal.Brand(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Del("Vary")
	if r.URL.Query().Get("v") == brandStamp(b) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(draw(b))
	return nil
}
