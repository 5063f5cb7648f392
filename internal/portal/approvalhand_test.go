package portal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// asked are who is asked in an approval, as somebody sees it.
func asked(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.ApprovalID) map[portal.PersonID]portal.ApprovalPerson {
	t.Helper()
	all := map[portal.PersonID]portal.ApprovalPerson{}
	for _, x := range must[[]portal.ApprovalPerson](t)(w.As(who).ApprovalPeople(ctx, id)) {
		all[x.Person] = x
	}
	return all
}

// A decision is handed to a colleague, and back, and the record says for whom.
func TestDelegate(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo}}}})
		cleo, bea := w.As(w.Cleo), w.As(w.Bea)
		token := answerToken(t, w, a.ID, w.Cleo)
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrConflict, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, w.Tom: portal.ErrForbidden, "": portal.ErrSignedOut} {
			wants(t, "Delegate as "+string(who), w.As(who).Delegate(ctx, a.ID, w.Bea), want)
		}
		free := must[[]portal.ProjectPerson](t)(cleo.Colleagues(ctx, must[portal.Approval](t)(cleo.Approval(ctx, a.ID))))
		if len(free) != 1 || free[0].Person != w.Bea {
			t.Errorf("Cleo can hand it to %+v", free)
		}
		if free := must[[]portal.ProjectPerson](t)(bea.Colleagues(ctx, must[portal.Approval](t)(bea.Approval(ctx, a.ID)))); len(free) != 0 {
			t.Errorf("Bea, who is not asked, can hand it to %+v", free)
		}
		for _, bad := range []portal.PersonID{w.Dan, w.Carl, w.Rex, w.Tom, w.Eve, "per_nobody"} {
			refuses(t, "to "+string(bad), cleo.Delegate(ctx, a.ID, bad), "person", "cannot_decide")
		}
		refuses(t, "to herself", cleo.Delegate(ctx, a.ID, w.Cleo), "person", "asked_already")
		if err := bea.Mute(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		looks := func(who portal.PersonID) {
			t.Helper()
			if err := w.As(who).MarkSeen(ctx, portal.ItemID(a.ID)); err != nil {
				t.Fatal(err)
			}
		}
		looks(w.Cleo)
		stands(t, w, a.ID, portal.ApprovalSeen)
		if err := cleo.Delegate(ctx, a.ID, w.Bea); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalDelegated)
		stands(t, w, a.ID, portal.ApprovalOpen) // Bea has not looked at it
		looks(w.Cleo)                           // who is not asked any more
		stands(t, w, a.ID, portal.ApprovalOpen)
		// It is hers to do now, and so she is told, whatever she chose not to hear of.
		if tellPeople(t, w); !slices.Contains(noticesOf(t, w, w.Bea), "approval_delegated "+string(a.ID)) {
			t.Errorf("Bea is told %v", noticesOf(t, w, w.Bea))
		}
		leads(t, w, "handed on", token, portal.AnswerElsewhere)
		leads(t, w, "the colleague's", answerToken(t, w, a.ID, w.Bea), portal.AnswerAwaited)
		wants(t, "an answer of who handed it on", cleo.Decide(ctx, a.ID, yes(a)), portal.ErrForbidden)
		if approvalNeeds(t, w, w.Cleo) != 0 || approvalNeeds(t, w, w.Bea) != 1 {
			t.Errorf("it waits for the wrong one: %d, %d", approvalNeeds(t, w, w.Cleo), approvalNeeds(t, w, w.Bea))
		}
		for _, who := range []portal.PersonID{w.Tom, w.Cleo} {
			if x := asked(t, w, who, a.ID); x[w.Cleo].GivenTo != "Bea" || x[w.Bea].For != "Cleo" {
				t.Errorf("as %s sees it: %+v", who, x)
			}
		}
		// Back, and there again; then the colleague answers.
		if err := bea.Delegate(ctx, a.ID, w.Cleo); err != nil {
			t.Fatal(err)
		}
		if x := asked(t, w, w.Tom, a.ID); x[w.Cleo].GivenTo != "" || x[w.Cleo].For != "" || x[w.Bea].GivenTo != "Cleo" {
			t.Errorf("handed back: %+v", x)
		}
		stands(t, w, a.ID, portal.ApprovalSeen) // who has it again had looked
		if err := cleo.Delegate(ctx, a.ID, w.Bea); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalOpen)
		looks(w.Bea)
		stands(t, w, a.ID, portal.ApprovalSeen)
		if err := bea.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalGranted)
		d := must[[]portal.ApprovalDecision](t)(cleo.ApprovalDecisions(ctx, a.ID))
		if len(d) != 1 || d[0].Person != w.Bea || d[0].For != "Cleo" {
			t.Errorf("the record: %+v", d)
		}
		wants(t, "Delegate afterwards", bea.Delegate(ctx, a.ID, w.Cleo), portal.ErrConflict)
		w.Clock.Advance(11 * time.Minute)
		if err := cleo.CertifyApproval(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if c := must[portal.Certificate](t)(cleo.Certificate(ctx, string(a.ID))); len(c.Record.Signers) != 1 || c.Record.Signers[0].For != "Cleo" || c.Record.Signers[0].Name != "Bea" {
			t.Errorf("the certificate: %+v", c.Record.Signers)
		}
		altered := func() (n int) {
			t.Helper()
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range breaks {
				if strings.Contains(b.String(), string(a.ID)) {
					n++
				}
			}
			return n
		}
		if altered() != 0 {
			t.Error("the record is altered")
		}
		write(t, w, `UPDATE approval_people SET for_id = NULL WHERE approval_id = $1`, string(a.ID))
		if altered() != 1 {
			t.Error("an altered record of for whom is not found")
		}
	})
}

// When nobody who is asked can answer any more, the team is told and names somebody
// else; nothing is approved by itself.
func TestReassign(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		follow := func() portal.Approval {
			t.Helper()
			if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
			return must[portal.Approval](t)(w.As(w.Tom).Approval(ctx, a.ID))
		}
		if x := follow(); x.Stranded || x.Lane != portal.LaneClient {
			t.Errorf("while Cleo can answer: %+v", x)
		}
		// What rests waits for nobody: it is neither stranded nor overdue.
		for _, q := range [][2]string{
			{`UPDATE projects SET archived_at = 1 WHERE id = $1`, `UPDATE projects SET archived_at = NULL WHERE id = $1`},
			{`UPDATE clients SET portal_since = NULL WHERE id = (SELECT client_id FROM projects WHERE id = $1)`, `UPDATE clients SET portal_since = 1 WHERE id = (SELECT client_id FROM projects WHERE id = $1)`},
			{`UPDATE clients SET archived_at = 1 WHERE id = (SELECT client_id FROM projects WHERE id = $1)`, `UPDATE clients SET archived_at = NULL WHERE id = (SELECT client_id FROM projects WHERE id = $1)`},
		} {
			write(t, w, q[0], string(w.Site))
			w.Regrant()
			write(t, w, `UPDATE approvals SET escalate_at = 1 WHERE id = $1`, string(a.ID))
			if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
			var n int
			if row(t, w, `SELECT COUNT(*) FROM approvals WHERE stranded_at IS NOT NULL OR escalated_at IS NOT NULL`, &n); n != 0 {
				t.Errorf("after %s it is stranded or overdue", q[0])
			}
			write(t, w, `UPDATE approvals SET escalate_at = NULL WHERE id = $1`, string(a.ID))
			write(t, w, q[1], string(w.Site))
			w.Regrant()
		}
		if err := w.As(w.Ada).Suspend(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		if x := follow(); !x.Stranded || x.Lane != portal.LaneTeam || x.Turn != portal.Team || !x.State.Open() {
			t.Errorf("once she cannot: %+v", x)
		}
		recorded(t, w, portal.ApprovalStranded)
		if err := w.As(w.Ada).Resume(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		if x := follow(); x.Stranded || x.Lane != portal.LaneClient || x.Turn != portal.ClientSide {
			t.Errorf("once she can again: %+v", x)
		}
		// Who cannot sign in cannot answer either; whoever asked is told at once.
		if err := w.As(w.Tom).Mute(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		write(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(w.Cleo))
		if x := follow(); !x.Stranded || !asked(t, w, w.Tom, a.ID)[w.Cleo].Gone {
			t.Errorf("once she is disabled: %+v", x)
		}
		if tellPeople(t, w); !slices.Contains(noticesOf(t, w, w.Tom), "approval_stranded "+string(a.ID)) {
			t.Errorf("Tom is told %v", noticesOf(t, w, w.Tom))
		}
		if n, _ := mailsWaiting(t, w, portal.MailNotices, w.Tom); n != 1 {
			t.Errorf("%d mails wait for Tom", n)
		}
		refuses(t, "reminding nobody", w.As(w.Tom).Remind(ctx, a.ID), "remind", "nobody_asked")
		write(t, w, `UPDATE persons SET disabled_at = NULL WHERE id = $1`, string(w.Cleo))
		if _, err := w.As(w.Ada).Remove(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		if x := follow(); !x.Stranded {
			t.Errorf("once she was removed: %+v", x)
		}
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			wants(t, "Reassign as "+string(who), w.As(who).Reassign(ctx, a.ID, w.Cleo, w.Bea), want)
		}
		tom := w.As(w.Tom)
		refuses(t, "to one who may not decide", tom.Reassign(ctx, a.ID, w.Cleo, w.Bea), "person", "cannot_decide")
		decides(t, w)
		write(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(w.Bea))
		refuses(t, "to one who cannot sign in", tom.Reassign(ctx, a.ID, w.Cleo, w.Bea), "person", "cannot_decide")
		if all := must[[]portal.ProjectPerson](t)(tom.Approvers(ctx, w.Site)); len(all) != 0 {
			t.Errorf("asked can be %+v", all)
		}
		write(t, w, `UPDATE persons SET disabled_at = NULL WHERE id = $1`, string(w.Bea))
		for _, bad := range []portal.PersonID{w.Carl, w.Rex, w.Mia, w.Cleo} {
			refuses(t, "to "+string(bad), tom.Reassign(ctx, a.ID, w.Cleo, bad), "person", "cannot_decide")
		}
		wants(t, "instead of one who is not asked", tom.Reassign(ctx, a.ID, w.Dan, w.Bea), portal.ErrConflict)
		if err := tom.Reassign(ctx, a.ID, w.Cleo, w.Bea); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalReassigned)
		if x := follow(); x.Stranded || x.Lane != portal.LaneClient || x.Turn != portal.ClientSide {
			t.Errorf("with Bea: %+v", x)
		}
		if got := mailsAbout(t, w, string(a.ID)); got != "approval Cleo, approval Bea" {
			t.Errorf("mails: %s", got)
		}
		if err := w.As(w.Bea).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		if x := follow(); x.State != portal.ApprovalGranted || x.Lane != portal.LaneApproved {
			t.Errorf("in the end: %+v", x)
		}
	})
}

// Somebody who is away has a deputy decide: on what waits, and on what comes.
func TestDeputy(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo := w.As(w.Cleo)
		n := portal.Deputy{Client: w.Acme, Deputy: w.Bea, From: "2026-03-12", To: "2026-03-20"}
		refuses(t, "one who may not decide", cleo.NameDeputy(ctx, n), "person", "cannot_decide")
		decides(t, w)
		if all := must[[]portal.ProjectPerson](t)(cleo.PossibleDeputies(ctx, w.Acme)); len(all) != 1 || all[0].Person != w.Bea {
			t.Errorf("possible: %+v", all)
		}
		// What somebody may in one project alone counts, and what they may not there.
		write(t, w, `UPDATE client_users SET rights = rights & ~32 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		if all := must[[]portal.ProjectPerson](t)(cleo.PossibleDeputies(ctx, w.Acme)); len(all) != 0 {
			t.Errorf("possible without the right: %+v", all)
		}
		var had int
		row(t, w, `SELECT COUNT(*) FROM client_user_projects WHERE client_user_id = '`+string(w.BeaAtAcme)+`' AND project_id = '`+string(w.Site)+`'`, &had)
		if had == 0 {
			write(t, w, `INSERT INTO client_user_projects (client_user_id, project_id, client_id, rights) VALUES ($1, $2, $3, 47)`, string(w.BeaAtAcme), string(w.Site), string(w.Acme))
		}
		write(t, w, `UPDATE client_user_projects SET rights = 47 WHERE client_user_id = $1 AND project_id = $2`, string(w.BeaAtAcme), string(w.Site))
		w.Regrant()
		if all := must[[]portal.ProjectPerson](t)(cleo.PossibleDeputies(ctx, w.Acme)); len(all) != 1 || all[0].Person != w.Bea {
			t.Errorf("possible by one project: %+v", all)
		}
		if had == 0 {
			write(t, w, `DELETE FROM client_user_projects WHERE client_user_id = $1 AND project_id = $2`, string(w.BeaAtAcme), string(w.Site))
		} else {
			write(t, w, `UPDATE client_user_projects SET rights = NULL WHERE client_user_id = $1 AND project_id = $2`, string(w.BeaAtAcme), string(w.Site))
		}
		decides(t, w)
		for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex, w.Tom, w.Eve} {
			refuses(t, "NameDeputy as "+string(who), w.As(who).NameDeputy(ctx, n), "person", "cannot_decide")
			if all := must[[]portal.ProjectPerson](t)(w.As(who).PossibleDeputies(ctx, w.Acme)); len(all) != 0 {
				t.Errorf("%s is told of %+v", who, all)
			}
		}
		wants(t, "NameDeputy as nobody", w.As("").NameDeputy(ctx, n), portal.ErrSignedOut)
		for _, c := range []struct{ field, key, from, to string }{{"from", "required", "", "2026-03-20"}, {"to", "required", "2026-03-12", ""}, {"to", "before_start", "2026-03-20", "2026-03-12"}, {"to", "before_start", "2026-01-01", "2026-01-02"}, {"to", "choice", "2026-03-12", "2028-03-12"}} {
			refuses(t, c.from+" to "+c.to, cleo.NameDeputy(ctx, portal.Deputy{Client: w.Acme, Deputy: w.Bea, From: c.from, To: c.to}), c.field, c.key)
		}
		if err := cleo.NameDeputy(ctx, n); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.DeputyNamed)
		_, versions := banners(t, w, 2)
		a := toApprove(t, w, portal.NewApproval{Versions: versions[:1]})
		follow := func() {
			t.Helper()
			if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		if follow(); asked(t, w, w.Tom, a.ID)[w.Cleo].GivenTo != "" { // it is the 11th
			t.Error("it is handed on before she is away")
		}
		w.Clock.Advance(24 * time.Hour)
		follow()
		follow()
		if x := asked(t, w, w.Tom, a.ID); x[w.Cleo].GivenTo != "Bea" || x[w.Bea].For != "Cleo" || len(x) != 2 {
			t.Errorf("while she is away: %+v", x)
		}
		recorded(t, w, portal.ApprovalDeputised)
		if got := mailsAbout(t, w, string(a.ID)); got != "approval Cleo, approval Bea" {
			t.Errorf("mails: %s", got)
		}
		if d := must[[]portal.Deputy](t)(cleo.Deputies(ctx)); len(d) != 1 || d[0].Name != "Bea" {
			t.Errorf("hers: %+v", d)
		}
		if d := must[[]portal.Deputy](t)(w.As(w.Bea).Deputies(ctx)); len(d) != 0 {
			t.Errorf("Bea's: %+v", d)
		}
		if err := cleo.EndDeputy(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		wants(t, "EndDeputy again", cleo.EndDeputy(ctx, w.Acme), portal.ErrNotFound)
		b := toApprove(t, w, portal.NewApproval{Versions: versions[1:]})
		if follow(); asked(t, w, w.Tom, b.ID)[w.Cleo].GivenTo != "" {
			t.Error("it is handed on after she came back")
		}
		// Nothing is taken from whoever may not decide any more, nor once it is over;
		// and a removal ends it both ways.
		for who, to := range map[portal.PersonID]portal.PersonID{w.Cleo: w.Bea, w.Bea: w.Cleo} {
			if err := w.As(who).NameDeputy(ctx, portal.Deputy{Client: w.Acme, Deputy: to, From: "2026-03-13", To: n.To}); err != nil {
				t.Fatal(err)
			}
		}
		write(t, w, `UPDATE client_users SET rights = rights & ~32 WHERE id = $1`, string(w.CleoUser))
		w.Regrant()
		w.Clock.Advance(24 * time.Hour)
		if follow(); asked(t, w, w.Tom, b.ID)[w.Cleo].GivenTo != "" {
			t.Error("what she may not decide herself is handed on")
		}
		write(t, w, `UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(w.CleoUser))
		w.Regrant()
		if err := w.As(w.Tom).CancelApproval(ctx, b.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Portal.HandToDeputy(ctx, b, w.Cleo, w.Bea); err != nil {
			t.Fatal(err)
		}
		if asked(t, w, w.Tom, b.ID)[w.Cleo].GivenTo != "" {
			t.Error("what is cancelled is handed on")
		}
		if _, err := w.As(w.Ada).Remove(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		var left int
		if row(t, w, `SELECT COUNT(*) FROM deputies`, &left); left != 0 {
			t.Errorf("%d deputies outlive a removal", left)
		}
	})
}

// What nobody answers is told the client's lead, who can decide instead, and whoever
// asked; once, two working days after it was due.
func TestEscalation(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, DueOn: "2026-03-13", Stages: []portal.NewStage{{People: []portal.PersonID{w.Bea}}}})
		// Whoever is asked late has as long as others.
		_, old := banners(t, w, 1)
		late := toApprove(t, w, portal.NewApproval{Versions: old, DueOn: "2026-03-02", Stages: []portal.NewStage{{People: []portal.PersonID{w.Bea}}}})
		var at int64
		row(t, w, `SELECT COALESCE(escalate_at, 0) FROM approvals WHERE id = '`+string(late.ID)+`'`, &at)
		if at < db.Micros(w.Clock.Now().Add(24*time.Hour)) {
			t.Errorf("asked late, and escalated at %v", db.FromMicros(at))
		}
		write(t, w, `UPDATE approvals SET escalate_at = NULL, escalated_at = 1, due_on = NULL, remind_at = NULL WHERE id = $1`, string(late.ID))
		var last time.Time
		follow := func() string {
			t.Helper()
			if err := w.Portal.FollowApprovals(ctx, last); err != nil {
				t.Fatal(err)
			}
			last = w.Clock.Now()
			return mailsAbout(t, w, string(a.ID))
		}
		// An answer that is taken back leaves it as due as it was.
		var was, is [2]int64
		times := `SELECT COALESCE(remind_at, 0), COALESCE(escalate_at, 0) FROM approvals WHERE id = '` + string(a.ID) + `'`
		row(t, w, times, &was[0], &was[1])
		if err := w.As(w.Bea).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Bea).Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if row(t, w, times, &is[0], &is[1]); was[0] == 0 || was[1] == 0 || is != was {
			t.Errorf("reminded and escalated at %v, was %v", is, was)
		}
		// One that was asked before others were ever told gets its time, too.
		write(t, w, `UPDATE approvals SET escalate_at = NULL WHERE id = $1`, string(a.ID))
		follow()
		if row(t, w, times, &is[0], &is[1]); is != was {
			t.Errorf("planned for %v, was %v", is, was)
		}
		wants(t, "TakeOver before", w.As(w.Cleo).TakeOver(ctx, a.ID, w.Bea), portal.ErrForbidden)
		w.Clock.Advance(5 * 24 * time.Hour) // Monday, the 16th
		if got := follow(); got != "approval Bea" {
			t.Errorf("mails too early: %s", got)
		}
		w.Clock.Advance(24 * time.Hour)
		follow()
		if got := follow(); got != "approval Bea, approval_escalated Tom, approval_escalated Cleo" && got != "approval Bea, approval_escalated Cleo, approval_escalated Tom" {
			t.Errorf("mails: %s", got)
		}
		// A backup is brought back, in which that is still to come: nobody is told again,
		// unless it is known that nobody was.
		back := func(last time.Time) string {
			t.Helper()
			write(t, w, `UPDATE approvals SET escalate_at = $1, escalated_at = NULL WHERE id = $2`, db.Micros(w.Clock.Now().Add(-2*time.Hour)), string(a.ID))
			write(t, w, `DELETE FROM mails WHERE kind = 'approval_escalated'`)
			if err := w.Portal.FollowApprovals(ctx, last); err != nil {
				t.Fatal(err)
			}
			return mailsAbout(t, w, string(a.ID))
		}
		// It is put off by the days on which the client works, and to their morning.
		write(t, w, `UPDATE clients SET holidays = $1, working_days = $2, time_zone = 'Asia/Tokyo' WHERE id = $3`, "2026-03-18\n2026-03-19", 1<<5|1<<4|1<<3|1<<2, string(w.Acme))
		tokyo := must[*time.Location](t)(time.LoadLocation("Asia/Tokyo"))
		for _, last := range []time.Time{{}, w.Clock.Now().Add(-time.Hour)} {
			if got := back(last); got != "approval Bea" {
				t.Errorf("told again: %s", got)
			}
			row(t, w, times, &is[0], &is[1])
			if got := db.FromMicros(is[1]).In(tokyo).Format("Mon 2 Jan 15:04"); got != "Sat 21 Mar 09:00" {
				t.Errorf("put off to %s", got)
			}
		}
		// So is what was asked before others were ever told.
		write(t, w, `UPDATE approvals SET escalate_at = NULL, escalated_at = NULL, due_on = '2026-03-19' WHERE id = $1`, string(a.ID))
		if err := w.Portal.FollowApprovals(ctx, last); err != nil {
			t.Fatal(err)
		}
		row(t, w, times, &is[0], &is[1])
		if got := db.FromMicros(is[1]).In(tokyo).Format("Mon 2 Jan 15:04"); got != "Sat 21 Mar 09:00" {
			t.Errorf("planned for %s", got)
		}
		if got := back(w.Clock.Now().Add(-3 * time.Hour)); got == "approval Bea" {
			t.Error("what came due while nothing ran is not told")
		}
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Tom: portal.ErrForbidden} {
			wants(t, "TakeOver as "+string(who), w.As(who).TakeOver(ctx, a.ID, w.Bea), want)
		}
		token := answerToken(t, w, a.ID, w.Bea)
		leads(t, w, "before it is taken over", token, portal.AnswerAwaited)
		if err := w.As(w.Cleo).TakeOver(ctx, a.ID, w.Bea); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalTaken)
		l := leads(t, w, "once it is taken over", token, portal.AnswerElsewhere)
		if l.Mine().GivenTo != "Cleo" {
			t.Errorf("the link says of whom is asked: %+v", l.Mine())
		}
		wants(t, "an answer with it", l.Decide(ctx, mailed(a)), portal.ErrConflict)
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		if d := must[[]portal.ApprovalDecision](t)(w.As(w.Tom).ApprovalDecisions(ctx, a.ID)); len(d) != 3 || d[2].For != "Bea" {
			t.Errorf("the record: %+v", d)
		}
	})
}

// A stage of the team's own is reminded of and escalates as those of the client do:
// to whoever asked and who manages the project, and to nobody at the client.
func TestTeamStageIsFollowed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		id := must[portal.ApprovalID](t)(w.As(w.Mia).AskApproval(ctx, w.Site, portal.NewApproval{Title: "Banners", Versions: versions, DueOn: "2026-03-13",
			Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Tom}}, {People: []portal.PersonID{w.Cleo}}}}))
		last := w.Clock.Now()
		pass := func(d time.Duration) string {
			t.Helper()
			w.Clock.Advance(d)
			if err := w.Portal.RemindOfApprovals(ctx, last); err != nil {
				t.Fatal(err)
			}
			if err := w.Portal.FollowApprovals(ctx, last); err != nil {
				t.Fatal(err)
			}
			last = w.Clock.Now()
			return mailsAbout(t, w, string(id))
		}
		if got := pass(24 * time.Hour); got != "approval Tom, approval_reminder Tom" { // Thursday, the 12th
			t.Errorf("the day before: %s", got)
		}
		got := pass(5 * 24 * time.Hour)
		for want, n := range map[string]int{"approval_escalated Mia": 1, "approval_escalated Tom": 0, "approval_escalated Cleo": 0, "approval_escalated Bea": 0} {
			if strings.Count(got, want) != n {
				t.Errorf("once it is overdue: %s", got)
			}
		}
		// The client's stage begins with its own days.
		tom := w.As(w.Tom)
		if err := tom.Decide(ctx, id, yes(must[portal.Approval](t)(tom.Approval(ctx, id)))); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, id)); !x.EscalatedAt.IsZero() || !x.Waits {
			t.Errorf("for Cleo: %+v", x)
		}
	})
}

// Of somebody who can no longer answer, and without whom it cannot be approved, the
// team is told also while others can: once.
func TestMissingDecider(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 2)
		both := []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo, w.Bea}}}
		a := toApprove(t, w, portal.NewApproval{Versions: versions[:1], Stages: both})
		one := toApprove(t, w, portal.NewApproval{Title: "Anyone", Versions: versions[1:], Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo, w.Bea}}}})
		told := func() (n int) {
			t.Helper()
			for range 2 {
				if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
					t.Fatal(err)
				}
			}
			row(t, w, `SELECT COUNT(*) FROM events WHERE kind = 'approval_lacks' AND subject = '`+string(a.ID)+`'`, &n)
			return n
		}
		if n := told(); n != 0 {
			t.Errorf("told %d times while all can answer", n)
		}
		write(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(w.Bea))
		if n := told(); n != 1 {
			t.Errorf("told %d times of Bea", n)
		}
		recorded(t, w, portal.ApprovalLacks)
		if tellPeople(t, w); !slices.Contains(noticesOf(t, w, w.Tom), "approval_lacks "+string(a.ID)) || slices.Contains(noticesOf(t, w, w.Tom), "approval_lacks "+string(one.ID)) {
			t.Errorf("Tom is told %v", noticesOf(t, w, w.Tom))
		}
		if n := len(noticesOf(t, w, w.Cleo)); slices.Contains(noticesOf(t, w, w.Cleo), "approval_lacks "+string(a.ID)) {
			t.Errorf("Cleo is told, too, among %d", n)
		}
		if n, _ := mailsWaiting(t, w, portal.MailNotices, w.Tom); n != 1 {
			t.Errorf("%d mails wait for Tom", n)
		}
		if x := must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, a.ID)); !x.Waits || x.Turn != portal.ClientSide {
			t.Errorf("Cleo, who can answer: %+v", x)
		}
		people := must[[]portal.ApprovalPerson](t)(w.As(w.Tom).ApprovalPeople(ctx, a.ID))
		if got := portal.RuleEveryone.Lacks(people); len(got) != 1 || got[0] != "Bea" {
			t.Errorf("everyone lacks %v", got)
		}
		if got := portal.RuleAnyone.Lacks(people); got != nil {
			t.Errorf("anyone lacks %v", got)
		}
		write(t, w, `UPDATE persons SET disabled_at = NULL WHERE id = $1`, string(w.Bea))
		told()
		write(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(w.Bea))
		if n := told(); n != 2 {
			t.Errorf("told %d times of Bea, who was back meanwhile", n)
		}
	})
}

// A majority lacks those who are gone once what is left cannot be one.
func TestLacks(t *testing.T) {
	who := func(answers ...string) (all []portal.ApprovalPerson) {
		for _, a := range answers {
			all = append(all, portal.ApprovalPerson{Name: a, Gone: a == "gone", Adviser: a == "adviser"})
			if a == "approved" {
				all[len(all)-1].Answer = portal.AnswerApprove
			}
		}
		return all
	}
	for _, x := range []struct {
		people []portal.ApprovalPerson
		want   int
	}{
		{who("approved", "able", "gone"), 0}, {who("able", "gone", "gone"), 2}, {who("able", "gone"), 1}, {who("approved", "gone", "able", "adviser", "gone"), 2}, {who("able", "able", "able", "gone"), 0},
	} {
		if got := portal.RuleMajority.Lacks(x.people); len(got) != x.want {
			t.Errorf("of %+v it lacks %v", x.people, got)
		}
	}
}

// A deputy decides on the days that it is where the client is.
func TestDeputyDays(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		east := must[*time.Location](t)(time.LoadLocation("Pacific/Kiritimati"))
		tomorrow := w.Clock.Now().In(east).Format(time.DateOnly)
		if w.Clock.Now().UTC().Format(time.DateOnly) == tomorrow {
			t.Fatal("it is the same day everywhere")
		}
		cleo := w.As(w.Cleo)
		if err := cleo.NameDeputy(ctx, portal.Deputy{Client: w.Acme, Deputy: w.Bea, From: tomorrow, To: tomorrow}); err != nil {
			t.Fatal(err)
		}
		follow := func() bool {
			t.Helper()
			if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
			return must[portal.Approval](t)(w.As(w.Bea).Approval(ctx, a.ID)).Waits
		}
		if follow() {
			t.Error("Bea decides before the day")
		}
		write(t, w, `UPDATE clients SET time_zone = 'Pacific/Kiritimati' WHERE id = $1`, string(w.Acme))
		refuses(t, "a day that is over there", cleo.NameDeputy(ctx, portal.Deputy{Client: w.Acme, Deputy: w.Bea, From: "2026-03-01", To: w.Clock.Now().UTC().Format(time.DateOnly)}), "to", "before_start")
		if !follow() {
			t.Error("Bea does not decide on the client's day")
		}
		if d := must[[]portal.Deputy](t)(cleo.Deputies(ctx)); len(d) != 1 {
			t.Errorf("on the day: %+v", d)
		}
		// What waits on that day goes to them at once.
		_, versions = banners(t, w, 1)
		a = toApprove(t, w, portal.NewApproval{Title: "More banners", Versions: versions})
		if err := cleo.NameDeputy(ctx, portal.Deputy{Client: w.Acme, Deputy: w.Bea, From: tomorrow, To: tomorrow}); err != nil {
			t.Fatal(err)
		}
		if !must[portal.Approval](t)(w.As(w.Bea).Approval(ctx, a.ID)).Waits {
			t.Error("what waits is not handed on")
		}
		w.Clock.Advance(24 * time.Hour)
		if d := must[[]portal.Deputy](t)(cleo.Deputies(ctx)); len(d) != 0 {
			t.Errorf("once it is over there: %+v", d)
		}
	})
}

// The working days of a draft are counted from when it is sent.
func TestDraftIsDueOnceSent(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		tom := w.As(w.Tom)
		n := portal.NewApproval{Title: "Banners", Versions: versions, DueIn: 3, Draft: true, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}
		id := must[portal.ApprovalID](t)(tom.AskApproval(ctx, w.Site, n))
		draft := must[portal.Approval](t)(tom.Approval(ctx, id))
		if draft.DueOn != "" || draft.DueIn != 3 {
			t.Errorf("the draft is due %q, in %d days", draft.DueOn, draft.DueIn)
		}
		w.Clock.Advance(7 * 24 * time.Hour) // Wednesday, the 18th
		n, _, err := tom.AskedAs(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := tom.ChangeApproval(ctx, id, n, draft.Revision); err != nil {
			t.Fatal(err)
		}
		if a := must[portal.Approval](t)(tom.Approval(ctx, id)); a.DueOn != "2026-03-23" || a.DueIn != 0 {
			t.Errorf("once sent it is due %q, in %d days", a.DueOn, a.DueIn)
		}
	})
}
