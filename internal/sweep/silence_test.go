package sweep_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// teamWork is everything that the team can do which no client may notice.
func teamWork(t *testing.T, s *site) {
	t.Helper()
	ctx := t.Context()
	mia := s.me("mia")
	for project, secret := range map[portal.ProjectID]string{
		s.Site: portaltest.Canary("acme", portal.Team, "site-new"), s.Brand: portaltest.Canary("acme", portal.Team, "brand-new"),
		s.Hidden: portaltest.Canary("acme", portal.Team, "hidden-new"), s.Shop: portaltest.Canary("brick", portal.Team, "shop-new"),
	} {
		task, err := mia.AddTask(ctx, project, portal.NewTask{Title: secret, Body: secret, Milestone: s.Items[project][portal.ClientSide].Milestone, DueOn: "2026-03-12"})
		must(t, err)
		second, err := mia.AddTask(ctx, project, portal.NewTask{Title: secret, Assignee: s.Mia})
		must(t, err)
		must(t, mia.ChangeTask(ctx, task, portal.TaskChange{Title: secret + " more", Revision: revision(t, s, "tasks", string(task))}))
		must(t, mia.AssignTask(ctx, task, s.Mia))
		must(t, mia.StartTask(ctx, task))
		must(t, mia.MoveTask(ctx, task, second))
		must(t, mia.MoveTask(ctx, second, ""))
		must(t, mia.CompleteTask(ctx, task))
		must(t, mia.ReopenTask(ctx, task))
		must(t, mia.CompleteTask(ctx, second))
		must(t, mia.DeleteTask(ctx, task))

		stone, err := mia.AddMilestone(ctx, project, portal.NewMilestone{Title: secret, Body: secret, DueOn: "2026-04-01"})
		must(t, err)
		must(t, mia.ChangeMilestone(ctx, stone, portal.MilestoneChange{Title: secret, DueOn: "2026-04-09", Revision: revision(t, s, "milestones", string(stone))}))
		must(t, mia.MoveMilestone(ctx, stone, ""))
		must(t, mia.ReachMilestone(ctx, stone))
		must(t, mia.ReopenMilestone(ctx, stone))
		must(t, mia.ReachMilestone(ctx, s.Items[project][portal.Team].Milestone))
		must(t, mia.DeleteMilestone(ctx, stone))

		handed, err := mia.AddDeliverable(ctx, project, portal.NewDeliverable{Title: secret, Body: secret, Owner: s.Mia, DueOn: "2026-04-01", Rounds: 2})
		must(t, err)
		link, err := mia.AddLink(ctx, handed, secret, "https://example.test/"+secret)
		must(t, err)
		must(t, mia.ChangeDeliverable(ctx, handed, portal.DeliverableChange{Title: secret, Body: secret, Revision: revision(t, s, "deliverables", string(handed))}))
		must(t, mia.MoveDeliverable(ctx, handed, ""))
		must(t, mia.RemoveLink(ctx, link))
		must(t, mia.DeleteDeliverable(ctx, handed))

		note, err := mia.PublishUpdate(ctx, project, portal.NewUpdate{Body: secret, Sentence: secret, Status: "active", Health: "on_track"})
		must(t, err)
		must(t, mia.EditUpdate(ctx, note, portal.UpdateChange{Body: secret + " more", Status: "active", Health: "on_track", Revision: revision(t, s, "updates", string(note))}))
		must(t, mia.DeleteUpdate(ctx, note))

		shown := s.Items[project][portal.ClientSide]
		said, err := mia.Say(ctx, shown.Conversation, portal.NewMessage{Body: secret + " for @Cleo and @Ada"})
		must(t, err)
		must(t, mia.EditMessage(ctx, said, secret+" more", 1))
		must(t, mia.Typing(ctx, shown.Conversation, portal.Team))
		must(t, mia.SaveDraft(ctx, string(shown.Conversation), portal.Draft{Body: secret}))
		must(t, mia.DeleteMessage(ctx, said))
		_, err = mia.Say(ctx, shown.Comments, portal.NewMessage{Body: secret})
		must(t, err)
		_, err = mia.CommentOn(ctx, portal.ItemID(shown.Task), portal.NewComment{NewMessage: portal.NewMessage{Body: secret}})
		must(t, err)
		among, err := mia.StartConversation(ctx, project, portal.NewConversation{Subject: secret, NewMessage: portal.NewMessage{Body: secret}})
		must(t, err)
		_, err = s.me("ada").Say(ctx, among, portal.NewMessage{Body: secret, Audience: portal.ClientSide})
		must(t, err)
		filesOfTheTeam(t, s, project, secret)
		must(t, mia.PutOnProject(ctx, project, s.Ada, secret, false))
		must(t, mia.TakeOffProject(ctx, project, s.Ada))
	}
	for client, name := range map[portal.ClientID]string{s.Acme: "acme", s.Brick: "brick"} {
		fresh, err := mia.CreateProject(ctx, client, portal.NewProject{Name: portaltest.Canary(name, portal.Team, "fresh")})
		must(t, err)
		must(t, mia.ArchiveProject(ctx, fresh))
	}
	// A client nobody else has to do with, from its beginning to its end.
	other, err := s.me("ada").AddClient(ctx, "CNRY-other")
	must(t, err)
	theirs, err := s.me("ada").CreateProject(ctx, other, portal.NewProject{Name: "CNRY-other-project"})
	must(t, err)
	must(t, s.me("ada").EnablePortal(ctx, other))
	must(t, s.me("ada").ShareProject(ctx, theirs, true))
	must(t, s.me("ada").UnshareProject(ctx, theirs))
	must(t, s.me("ada").DisablePortal(ctx, other))
	must(t, s.me("ada").ArchiveClient(ctx, other))
	_, err = s.me("ada").InviteTeamMember(ctx, portal.NewTeamMember{Name: "CNRY-colleague", Email: "new@team.test", Role: "contributor"})
	must(t, err)
	must(t, s.me("ada").ChangeRole(ctx, s.Tom, "manager"))
	must(t, s.me("ada").ChangeRole(ctx, s.Tom, "contributor"))
}

// filesOfTheTeam is teamWork on folders, files, and what is asked about them: those of
// its own, and drafts of what the client has.
func filesOfTheTeam(t *testing.T, s *site, project portal.ProjectID, secret string) {
	t.Helper()
	ctx, mia, shown := t.Context(), s.me("mia"), s.Items[project][portal.ClientSide]
	folder, err := mia.AddFolder(ctx, project, "", portal.NewFolder{Name: secret})
	must(t, err)
	must(t, mia.RenameFolder(ctx, folder, secret+" more", revision(t, s, "folders", string(folder))))
	below, err := mia.AddFolder(ctx, project, folder, portal.NewFolder{Name: secret})
	must(t, err)
	file, version := s.put("mia", portal.NewUpload{Project: project, Folder: folder, Name: secret + ".txt", Note: secret})
	_, draft := s.put("mia", portal.NewUpload{File: shown.File, Note: secret})
	must(t, mia.RenameFile(ctx, file, secret+" more.txt", revision(t, s, "files", string(file))))
	must(t, mia.PinFile(ctx, file))
	for _, c := range []portal.NewComment{{Version: version}, {Version: draft}} {
		c.Body = secret
		on := file
		if c.Version == draft {
			on = shown.File
		}
		_, err = mia.CommentOn(ctx, portal.ItemID(on), c)
		must(t, err)
	}
	_, err = mia.KeepComment(ctx, shown.Version, secret, nil)
	must(t, err)
	copied, err := mia.CopyFile(ctx, shown.File, folder)
	must(t, err)
	must(t, mia.MoveFile(ctx, copied, below, portal.MoveOptions{}))
	must(t, mia.TrashFile(ctx, copied))
	must(t, mia.RestoreFromTrash(ctx, string(copied)))

	asked, err := mia.AskApproval(ctx, project, portal.NewApproval{Title: secret, Body: secret, Versions: []portal.VersionID{version}, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{s.Ada}}}})
	must(t, err)
	looked, err := s.me("ada").Approval(ctx, asked)
	must(t, err)
	must(t, s.me("ada").Decide(ctx, asked, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: secret, Content: looked.Content}))
	if project == s.Site || project == s.Brand { // where Cleo decides
		kept, err := mia.AskApproval(ctx, project, portal.NewApproval{Title: secret, Versions: []portal.VersionID{shown.Version}, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}, Draft: true})
		must(t, err)
		must(t, mia.CancelApproval(ctx, kept))
	}
	must(t, mia.TrashFolder(ctx, folder))
}

// put uploads a file, or a version of one, of which every byte is the team's.
func (s *site) put(who string, n portal.NewUpload) (portal.FileID, portal.VersionID) {
	s.t.Helper()
	ctx, me, key, content := s.t.Context(), s.me(who), blob.NewKey(), n.Note
	n.Size = int64(len(content))
	id, err := me.BeginUpload(ctx, n, string(key))
	must(s.t, err)
	kept, err := s.Blobs.Put(ctx, key, strings.NewReader(content), n.Size)
	must(s.t, err)
	must(s.t, me.AdvanceUpload(ctx, id, 0, n.Size, "state"))
	file, version, err := me.FinishUpload(ctx, id, portal.Arrived{Size: kept.Size, SHA256: kept.SHA256, Kind: "text", Type: "text/plain"})
	must(s.t, err)
	return file, version
}

// revision of a row, as a page would have shown it.
func revision(t *testing.T, s *site, table, id string) (n int64) {
	t.Helper()
	must(t, s.DB.QueryRow(context.Background(), "SELECT revision FROM "+table+" WHERE id = $1", id).Scan(&n))
	return n
}

// T036, T039, T040, T043, T044, T045: while the team adds, changes and deletes
// everything that is its own, nothing that a client's people can read changes
// by a byte — no text, no count, no order, no date, no ETag — and no stream of
// theirs says anything.
func TestTeamWorkIsSilent(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		clients := []string{"cleo", "dan", "bea", "carl", "rex", "eve"}
		reads := s.apiReads()
		browsers, tokens, streams := map[string]*webtest.Browser{}, map[string]string{}, map[string]*stream{}
		before := map[string]map[string]string{}
		for _, name := range clients {
			b := s.As(name).Forbid("CNRY-other", "CNRY-colleague")
			browsers[name], tokens[name] = b, s.token(b)
			before[name] = s.everything(b, tokens[name], reads)
			streams[name] = s.listen(b)
		}

		teamWork(t, s)

		for _, name := range clients {
			after := s.everything(browsers[name], tokens[name], reads)
			for _, path := range slices.Sorted(maps.Keys(before[name])) {
				if a, b := before[name][path], after[path]; a != b {
					t.Errorf("%s notices at %s: %s", name, path, difference(a, b))
				}
			}
			if len(after) != len(before[name]) {
				t.Errorf("%s finds %d addresses, before %d", name, len(after), len(before[name]))
			}
		}

		// The streams are alive: what is theirs is told, once, and is all that was.
		ctx := t.Context()
		for _, project := range []portal.ProjectID{s.Brand, s.Shop} {
			_, err := s.me("mia").AddTask(ctx, project, portal.NewTask{Title: "For all to see", Audience: portal.ClientSide})
			must(t, err)
		}
		want := map[string][]portal.ProjectID{"cleo": {s.Brand}, "dan": {s.Brand}, "bea": {s.Brand, s.Shop}, "carl": {s.Shop}}
		for _, name := range clients {
			got := streams[name].waitFor(max(1, len(want[name])))
			var told []string
			for _, p := range want[name] {
				told = append(told, "changed "+string(p))
			}
			if !slices.Equal(got, told) {
				t.Errorf("the stream of %s says %q, want %q", name, got, told)
			}
			if _, all := streams[name].said(); strings.Contains(all, "CNRY") {
				t.Errorf("the stream of %s says %q", name, all)
			}
		}
		if after := s.everything(browsers["cleo"], tokens["cleo"], reads); maps.Equal(after, before["cleo"]) {
			t.Error("nothing changes at all: this test sees nothing")
		}
	})
}

// difference is where two answers part.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	cut := func(s string) string { return s[min(len(s), max(0, i-60)):min(len(s), i+60)] }
	return "…" + cut(a) + "… became …" + cut(b) + "…"
}
