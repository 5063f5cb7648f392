package portal

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Scope is the portal as one actor sees it. It is cheap, holds no state of
// its own, and may be used by several goroutines.
type Scope struct {
	p     *Portal
	actor Actor
	in    *tx // the change that all of this Scope's are part of, or nil
}

// Person is who acts; empty when a client user's view is looked at.
func (me *Scope) Person() PersonID { return me.actor.person }

// ReadOnly reports whether every change is refused to this Scope.
func (me *Scope) ReadOnly() bool { return me.actor.readOnly }

// definitions say, once for each table, which rows an actor may see ($1), and
// as what. Queries name them like tables. A column that clients may be denied
// is blanked here. Each has side and rights, or none where nothing can be done.
//
// Bits: see right.go. 1539 is what remains on an archived project: view,
// download, manage, administer.
var definitions = map[string]string{
	// A client's state and people are for the team; its contact is for whom the
	// team's names are shown to.
	"my_clients": `
SELECT c.*, g.side, g.rights,
       CASE WHEN g.side <> 'team' THEN ''
            WHEN c.portal_since IS NULL THEN 'off'
            WHEN EXISTS (SELECT 1 FROM client_users u
                          WHERE u.client_id = c.id AND u.accepted_at IS NOT NULL AND u.suspended_at IS NULL AND u.removed_at IS NULL) THEN 'active'
            WHEN EXISTS (SELECT 1 FROM client_users u JOIN invitations i ON i.client_user_id = u.id
                          WHERE u.client_id = c.id AND u.removed_at IS NULL AND i.revoked_at IS NULL AND i.accepted_at IS NULL) THEN 'invited'
            ELSE 'nobody' END AS state,
       CASE WHEN g.side = 'team' THEN (SELECT COUNT(*) FROM client_users u WHERE u.client_id = c.id AND u.removed_at IS NULL) ELSE 0 END AS people,
       CASE WHEN g.side = 'team' THEN (SELECT MAX(s.seen_at) FROM client_users u JOIN sessions s ON s.person_id = u.person_id AND s.seen_at >= u.accepted_at
         WHERE u.client_id = c.id AND u.removed_at IS NULL) END AS seen_at,
       CASE WHEN g.side = 'team' THEN COALESCE(b.name, '') ELSE '' END AS portal_changed_by_name,
       CASE WHEN g.side = 'team' THEN w.sections ELSE 0 END AS inherited,
       COALESCE(k.id, '') AS contact, COALESCE(k.name, '') AS contact_name, COALESCE(k.title, '') AS contact_title, COALESCE(k.away_until, '') AS contact_away_until,
       CASE WHEN g.side = 'team' OR (((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) & 8192) <> 0 THEN COALESCE(k.email, '') ELSE '' END AS contact_email
  FROM client_grants g JOIN clients c ON c.id = g.client_id
  JOIN workspace w ON w.id = 1
  LEFT JOIN persons b ON b.id = c.portal_changed_by
  LEFT JOIN persons k ON k.id = c.contact_id
        AND (g.side = 'team' OR (((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) & 4352) = 4352)
        AND EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = c.contact_id AND m.removed_at IS NULL)
 WHERE g.actor = $1`,

	// The projects an actor may see, and as what: all that most definitions need
	// to know of one. What a client is shown of it, and what is left of the rights
	// on an archived project, the grant says.
	"my_places": `
SELECT g.project_id AS id, g.client_id, g.side, g.rights, g.sections FROM project_grants g WHERE g.actor = $1`,

	"my_projects": `
SELECT g.id, g.client_id, c.name AS client_name, p.name, p.name_key, p.summary, p.status, p.health, p.sentence,
       CASE WHEN (g.sections & 2048) <> 0 THEN p.starts_on END AS starts_on,
       CASE WHEN (g.sections & 2048) <> 0 THEN p.due_on END AS due_on,
       p.shared_at, CASE WHEN g.side = 'team' THEN p.shared_by END AS shared_by,
       CASE WHEN (g.sections & 4352) = 4352 THEN p.contact_id END AS contact_id,
       CASE WHEN g.side = 'team' THEN p.sections_set ELSE 0 END AS sections_set,
       CASE WHEN g.side = 'team' THEN p.sections ELSE 0 END AS sections_own,
       CASE WHEN g.side = 'team' THEN ((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) ELSE 0 END AS sections_above,
       CASE WHEN g.side = 'team' THEN ((((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) & ~p.sections_set) | (p.sections & p.sections_set))
            ELSE g.sections END AS shows, p.created_at, p.updated_at,
       CASE WHEN (g.sections & 4096) <> 0 THEN p.updated_by END AS updated_by,
       p.archived_at, p.revision, g.sections, g.side, g.rights
  FROM my_places g JOIN projects p ON p.id = g.id
  JOIN clients c ON c.id = g.client_id
  JOIN workspace w ON w.id = 1`,

	// A project with the names of those who keep it.
	"my_project_details": `
SELECT p.*, u.name AS updated_by_name, s.name AS shared_by_name, k.name AS contact_name, k.title AS contact_title
  FROM my_projects p
  LEFT JOIN persons u ON u.id = p.updated_by
  LEFT JOIN persons s ON s.id = p.shared_by
  LEFT JOIN persons k ON k.id = p.contact_id`,

	// The projects on whose team the actor is, and those where they stand in.
	"my_desk": `
SELECT p.id, p.client_id, p.client_name, p.name, p.status, p.health, p.sentence, p.shared_at, p.archived_at, p.created_at, p.updated_at, p.side, p.rights
  FROM (SELECT pt.project_id FROM project_team pt WHERE pt.person_id = $1 UNION ALL SELECT s.project_id FROM stand_ins s WHERE s.actor = $1 AND s.project_id <> '') x
 CROSS JOIN my_projects p WHERE p.id = x.project_id AND p.side = 'team'`,

	// Who can see a project now, for those of its team.
	"my_project_people": `
SELECT p.id AS project_id, x.actor AS person_id, a.name, x.side AS person_side, x.rights AS given,
       CASE WHEN pt.person_id IS NULL THEN 0 ELSE 1 END AS on_team, p.side, p.rights
  FROM my_places p
  JOIN project_grants x ON x.project_id = p.id
  JOIN persons a ON a.id = x.actor AND a.disabled_at IS NULL
  LEFT JOIN project_team pt ON pt.project_id = p.id AND pt.person_id = x.actor
 WHERE p.side = 'team'`,

	// The client's people who see a project once it is shared and portal
	// access is on, for those of its team.
	"my_audiences": `
SELECT p.id AS project_id, u.person_id,
       CASE WHEN u.accepted_at IS NULL AND u.label <> '' THEN u.label ELSE a.name END AS name,
       u.accepted_at, p.side, p.rights
  FROM my_places p
  JOIN client_users u ON u.client_id = p.client_id
  JOIN persons a ON a.id = u.person_id
  LEFT JOIN client_user_projects x ON x.client_user_id = u.id AND x.project_id = p.id
 WHERE p.side = 'team' AND u.removed_at IS NULL AND u.suspended_at IS NULL
   AND (u.all_projects = 1 OR x.project_id IS NOT NULL)`,

	"my_milestones": `
SELECT m.id, m.project_id, m.title, m.title_key, m.body,
       CASE WHEN (p.sections & 2048) <> 0 THEN m.starts_on END AS starts_on,
       CASE WHEN (p.sections & 2048) <> 0 THEN m.due_on END AS due_on,
       CASE WHEN (p.sections & 2048) <> 0 THEN m.planned_on END AS planned_on,
       CASE WHEN (p.sections & 2048) <> 0 THEN m.shift_reason ELSE '' END AS shift_reason,
       m.turn, m.turn_since, m.position, m.audience, m.shown_at, m.created_at, m.reached_at, m.revision,
       CASE WHEN p.side = 'team' THEN m.created_by END AS created_by,
       p.client_id, p.side, p.rights, p.sections
  FROM milestones m JOIN my_places p ON p.id = m.project_id
 WHERE ` + seenFrom("p", "m", 6),

	// The first of each project that is not reached.
	"my_next_milestones": `
SELECT p.id AS project_id, m.id, m.title, CASE WHEN (p.sections & 2048) <> 0 THEN m.due_on END AS due_on, p.client_id, p.side, p.rights
  FROM my_places p JOIN milestones m
    ON m.id = (SELECT x.id FROM milestones x WHERE x.project_id = p.id AND x.reached_at IS NULL AND ` + seenFrom("p", "x", 6) + ` ORDER BY x.position, x.id LIMIT 1)`,

	"my_tasks": `
SELECT t.id, t.project_id, t.title, t.title_key, t.body,
       CASE WHEN p.side = 'team' OR (ms.audience = 'client' AND (p.sections & 6) <> 0) THEN t.milestone_id END AS milestone_id,
       CASE WHEN p.side = 'team' OR (ms.audience = 'client' AND (p.sections & 6) <> 0) THEN ms.title END AS milestone_title,
       ` + shownPerson("t.assignee_id") + ` AS assignee_id,
       ` + shownName("t.assignee_id") + ` AS assignee_name,
       CASE WHEN (p.sections & 2048) <> 0 THEN t.due_on END AS due_on,
       t.turn, t.turn_since, t.position, t.audience, t.shown_at, t.created_at,
       t.started_at, t.completed_at, t.revision,
       CASE WHEN t.assignee_id IS NULL THEN 0 ELSE 1 END AS assigned,
       CASE WHEN p.side = 'team' THEN t.created_by END AS created_by,
       CASE WHEN p.side = 'team' OR t.completed_by = $1 THEN t.completed_by END AS completed_by,
       p.client_id, p.side, p.rights, p.sections
  FROM tasks t JOIN my_places p ON p.id = t.project_id
  LEFT JOIN milestones ms ON ms.id = t.milestone_id
 WHERE ` + seenFrom("p", "t", 16),

	"my_deliverables": `
SELECT d.id, d.project_id, d.title, d.title_key, d.body,
       CASE WHEN p.side = 'team' OR (ms.audience = 'client' AND (p.sections & 6) <> 0) THEN d.milestone_id END AS milestone_id,
       CASE WHEN p.side = 'team' OR (ms.audience = 'client' AND (p.sections & 6) <> 0) THEN ms.title END AS milestone_title,
       ` + shownPerson("d.owner_id") + ` AS owner_id,
       ` + shownName("d.owner_id") + ` AS owner_name,
       CASE WHEN (p.sections & 2048) <> 0 THEN d.due_on END AS due_on,
       d.state, d.state_at, d.round, d.rounds, d.turn, d.turn_since, d.position, d.audience, d.shown_at,
       d.created_at, d.revision,
       CASE WHEN p.side = 'team' THEN d.created_by END AS created_by,
       ` + shownName("d.state_by") + ` AS state_by_name, CASE WHEN ` + mayName("d.state_by") + ` THEN ` + calledThen("d.state_by", "d.id", "d.state_at") + ` END AS state_by_then,
       p.client_id, p.side, p.rights, p.sections
  FROM deliverables d JOIN my_places p ON p.id = d.project_id
  LEFT JOIN milestones ms ON ms.id = d.milestone_id
 WHERE ` + seenFrom("p", "d", 8),

	// What waits for the actor as one of a client's people, with who asks. The
	// actor may be a client user whose view is looked at.
	"my_waiting": `
SELECT t.id, 'task' AS kind, t.project_id, t.title, CASE WHEN (p.sections & 2048) <> 0 THEN t.due_on END AS due_on, t.turn_since,
       CASE WHEN (p.sections & 4096) <> 0 THEN COALESCE(t.shown_by, t.created_by) END AS asked_by, p.client_id, p.side, p.rights, NULL AS last_day
  FROM my_places p JOIN tasks t ON t.project_id = p.id
 WHERE p.side = 'client' AND (p.rights & 4) <> 0 AND (p.sections & 16) <> 0
   AND t.turn = 'client' AND t.completed_at IS NULL AND t.audience = 'client'
   AND (t.assignee_id IS NULL OR t.assignee_id = $1 OR t.assignee_id = (SELECT v.person_id FROM client_users v WHERE v.id = $1))
UNION ALL
SELECT a.id, CASE WHEN EXISTS (SELECT 1 FROM approval_calls k WHERE k.person_id = x.person_id AND k.approval_id = a.id AND k.stage = a.stage AND k.state = 'open') THEN 'call' ELSE 'approval' END,
       a.project_id, a.title, CASE WHEN (p.sections & 2048) <> 0 THEN a.due_on END, a.turn_since,
       CASE WHEN (p.sections & 4096) <> 0 THEN a.created_by END, p.client_id, p.side, p.rights, ` + lastDay + `
  FROM approval_people x JOIN approvals a ON a.id = x.approval_id AND a.stage = x.stage
  JOIN my_places p ON p.id = a.project_id
 WHERE x.person_id = COALESCE((SELECT v.person_id FROM client_users v WHERE v.id = $1), $1) AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL
   AND a.asking = 1 AND a.turn = 'client' AND p.side = 'client' AND (p.rights & 32) <> 0 AND (p.sections & 128) <> 0 AND ` + subjectsShown + `
UNION ALL
SELECT r.id, 'revision', r.project_id, r.title, NULL, r.turn_since, CASE WHEN (p.sections & 4096) <> 0 THEN r.turn_by END, p.client_id, p.side, p.rights, NULL
  FROM my_places p JOIN revision_requests r ON r.project_id = p.id
 WHERE p.side = 'client' AND (p.sections & 128) <> 0 AND r.turn = 'client' AND ((p.rights & 4) <> 0 AND r.unclear > 0 OR (p.rights & 32) <> 0 AND r.offered > 0) AND ` + revisionSeen + `
UNION ALL
SELECT s.id, 'signoff', s.project_id, s.title, CASE WHEN (p.sections & 2048) <> 0 THEN s.due_on END, s.state_at,
       CASE WHEN (p.sections & 4096) <> 0 THEN s.created_by END, p.client_id, p.side, p.rights, NULL
  FROM my_places p CROSS JOIN signoffs s
 WHERE s.project_id = p.id AND p.side = 'client' AND (p.rights & 64) <> 0 AND (p.sections & 128) <> 0 AND s.state = 'asked' AND ` + signoffSeen + `
UNION ALL
SELECT m.id, 'milestone', m.project_id, m.title, CASE WHEN (p.sections & 2048) <> 0 THEN m.due_on END, m.turn_since,
       CASE WHEN (p.sections & 4096) <> 0 THEN COALESCE(m.shown_by, m.created_by) END, p.client_id, p.side, p.rights, NULL
  FROM my_places p JOIN milestones m ON m.project_id = p.id
 WHERE p.side = 'client' AND (p.rights & 4) <> 0 AND (p.sections & 6) <> 0
   AND m.turn = 'client' AND m.reached_at IS NULL AND m.audience = 'client'
   AND NOT EXISTS (SELECT 1 FROM signoffs s WHERE s.project_id = m.project_id AND s.subject_id = m.id AND s.state = 'asked')
UNION ALL
SELECT q.id, 'file_request', q.project_id, q.title, CASE WHEN (p.sections & 2048) <> 0 THEN q.due_on END, q.state_at,
       CASE WHEN (p.sections & 4096) <> 0 THEN q.created_by END, p.client_id, p.side, p.rights, NULL
  FROM my_places p JOIN file_requests q ON q.project_id = p.id
 WHERE p.side = 'client' AND (p.rights & 16) <> 0 AND (p.sections & 32) <> 0
   AND q.state IN ('open', 'refused')
   AND (q.assignee_id IS NULL OR q.assignee_id = $1 OR q.assignee_id = (SELECT v.person_id FROM client_users v WHERE v.id = $1)
        OR NOT EXISTS (SELECT 1 FROM project_grants g WHERE g.actor = q.assignee_id AND g.project_id = q.project_id AND (g.rights & 16) <> 0))
UNION ALL
SELECT t.id, 'question', t.project_id, t.subject, NULL, t.turn_since,
       CASE WHEN (p.sections & 4096) <> 0 THEN m.author_id END, p.client_id, p.side, p.rights, NULL
  FROM my_places p JOIN threads t ON t.project_id = p.id AND t.kind <> 'item'
  JOIN messages m ON m.id = t.asked_id
 WHERE p.side = 'client' AND (p.rights & 8) <> 0 AND (p.sections & 64) <> 0
   AND t.turn = 'client' AND t.audience = 'client'
UNION ALL
SELECT t.id, 'question', t.project_id, SUBSTR(m.body, 1, 120), NULL, t.turn_since,
       CASE WHEN (` + clientShows + ` & 4096) <> 0 THEN m.author_id END, t.client_id, g.side, g.rights, NULL
  FROM client_grants g JOIN threads t ON t.client_id = g.client_id AND t.turn <> 'none'
  JOIN messages m ON m.id = t.asked_id
  JOIN clients c ON c.id = t.client_id
  JOIN workspace w ON w.id = 1
 WHERE g.actor = $1 AND g.side = 'client' AND (g.rights & 8) <> 0 AND (` + clientShows + ` & 64) <> 0
   AND t.turn = 'client' AND t.audience = 'client'
   AND (t.kind = 'general' OR (t.kind = 'direct' AND EXISTS (SELECT 1 FROM thread_people i WHERE i.thread_id = t.id AND i.person_id = $1) AND NOT (` + deserted + `)))
UNION ALL
SELECT f.id, 'drafts', f.project_id, f.name, NULL, MIN(d.shared_at), MIN(d.person_id), p.client_id, p.side, p.rights, NULL
  FROM my_places p CROSS JOIN unsent_comments d CROSS JOIN versions v CROSS JOIN files f
 WHERE d.shared_in = p.id AND v.id = d.version_id AND f.id = v.file_id AND p.id = f.project_id AND ` + sharedDraft + `
 GROUP BY f.id, f.project_id, f.name, p.client_id, p.side, p.rights`,

	// Conversations of a client's with something after what the actor, one of its people,
	// has read: of those that are read an index says so.
	"my_news": `
SELECT t.* FROM client_grants k CROSS JOIN my_threads t
 WHERE k.actor = $1 AND k.side = 'client' AND t.client_id = k.client_id AND t.kind <> 'item' AND t.shown_seq > ` + markOf("t") + ` AND t.side = 'client'`,

	// Those of them that need the actor: with the last that others wrote, but for those of
	// projects that they have muted, and those that need them for more already. The actor
	// may be a client user whose view is looked at.
	"my_unread": `
SELECT t.id, t.project_id, t.client_id, CASE WHEN t.subject <> '' THEN t.subject ELSE SUBSTR(m.body, 1, 120) END AS title, t.shown_at,
       CASE WHEN m.side = 'client' OR (t.sections & 4096) <> 0 THEN m.author_id END AS author_id,
       (SELECT o.created_at ` + unreadIn + ` ORDER BY o.seq LIMIT 1) AS since, (SELECT COUNT(*) FROM (SELECT o.id ` + unreadIn + ` LIMIT 100) x) AS messages, t.side, t.rights
  FROM my_news t CROSS JOIN messages m
 WHERE m.id = (SELECT o.id ` + unreadIn + ` ORDER BY o.seq DESC LIMIT 1)
   AND NOT EXISTS (SELECT 1 FROM mutes s WHERE s.person_id = ` + actorPerson + ` AND s.project_id = t.project_id)
   AND t.id NOT IN (SELECT x.id FROM my_waiting x WHERE x.kind = 'question')
   AND t.id NOT IN (SELECT x.thread_id FROM my_named x WHERE x.thread_id IS NOT NULL)`,

	// How much of what the actor sees of a project is open and done.
	"my_tallies": `
SELECT y.project_id, y.kind, y.turn, y.total, y.done, y.since, p.sections, p.side, p.rights
  FROM tallies y JOIN my_places p ON p.id = y.project_id
 WHERE p.side = 'team' OR (y.audience = 'client' AND (p.sections & y.section) <> 0)`,

	"my_links": `
SELECT l.id, l.deliverable_id, l.title, l.url, l.position, d.project_id, d.client_id, d.side, d.rights
  FROM deliverable_links l JOIN my_deliverables d ON d.id = l.deliverable_id`,

	// Links that lead whoever has them to a file, for the team: all there are.
	// Opens says whether one leads anywhere, apart from its time and count.
	"my_share_links": `
SELECT s.id, s.project_id, s.file_id, s.version_id, f.name, COALESCE(v.shown_number, 0) AS shown_number,
       CASE WHEN s.password_hash = '' THEN 0 ELSE 1 END AS protected, s.expires_at, s.max_downloads, s.downloads,
       s.created_at, s.created_by, a.name AS created_by_name, s.revoked_at, b.name AS revoked_by_name,
       CASE WHEN ` + linkOpens + ` THEN 1 ELSE 0 END AS opens,
       m.name AS project_name, m.client_id, m.client_name, m.side, m.rights
  FROM share_links s JOIN my_projects m ON m.id = s.project_id
  ` + linkLeads + `
  JOIN persons a ON a.id = s.created_by
  LEFT JOIN persons b ON b.id = s.revoked_by
 WHERE m.side = 'team'`,

	// The file to which a share link leads, for the link itself: at most one row,
	// and none once its client, who is shown the file, could not take it any
	// more, or its maker could not share it.
	"my_link_file": `
SELECT s.id, s.expires_at, s.max_downloads, s.downloads, s.password_hash, s.revoked_at, f.id AS file_id, f.name, f.project_id, f.client_id,
       v.id AS version_id, v.blob, v.type, v.kind, v.size, v.sha256, v.created_at
  FROM share_links s
  ` + linkLeads + `
 WHERE s.id = $1 AND s.revoked_at IS NULL AND ` + linkOpens,

	// What the team asks the client for. Its example and its folder are named to
	// clients while they see those; turn is empty when nobody has to act.
	"my_file_requests": `
SELECT q.id, q.project_id, q.title, q.title_key, q.body, q.state, q.state_at, q.reason, q.assignee_id, ` + nameOf("q.assignee_id") + ` AS assignee_name,
       CASE WHEN p.side = 'team' OR (x.audience = 'client' AND x.shown_id IS NOT NULL) THEN x.id END AS example_id,
       CASE WHEN p.side = 'team' OR (x.audience = 'client' AND x.shown_id IS NOT NULL) THEN x.name END AS example_name,
       CASE WHEN p.side = 'team' OR o.audience = 'client' THEN o.id END AS folder_id,
       CASE WHEN p.side = 'team' OR o.audience = 'client' THEN o.name END AS folder_name,
       CASE WHEN (p.sections & 2048) <> 0 THEN q.due_on END AS due_on,
       CASE WHEN p.side = 'team' THEN q.remind ELSE 0 END AS remind,
       CASE WHEN p.side = 'team' THEN q.remind_at END AS remind_at,
       CASE WHEN p.side = 'team' THEN q.reminded_at END AS reminded_at,
       CASE WHEN q.state IN ('open', 'refused') THEN 'client' WHEN q.state = 'answered' THEN 'team' ELSE '' END AS turn, q.state_at AS turn_since,
       ` + shownName("q.state_by") + ` AS state_by_name,
       CASE WHEN p.side = 'team' THEN q.created_by END AS created_by,
       CASE WHEN (p.sections & 4096) <> 0 THEN ` + nameOf("q.created_by") + ` END AS asked_by,
       (SELECT COUNT(*) FROM file_request_files i JOIN files f ON f.id = i.file_id JOIN versions v ON v.id = i.version_id
         WHERE i.request_id = q.id AND f.trashed_at IS NULL AND (p.side = 'team' OR (f.audience = 'client' AND f.shown_id IS NOT NULL AND v.audience = 'client'))) AS files,
       q.created_at, q.revision, ` + projectName + ` AS project_name, p.client_id, ` + clientName + ` AS client_name, p.side, p.rights, p.sections
  FROM file_requests q JOIN my_places p ON p.id = q.project_id
  LEFT JOIN files x ON x.id = q.example_id AND x.trashed_at IS NULL
  LEFT JOIN folders o ON o.id = q.folder_id AND o.trashed_at IS NULL
 WHERE p.side = 'team' OR (p.sections & 32) <> 0`,

	// What came in answer to them.
	"my_file_request_files": `
SELECT i.request_id, i.file_id, i.version_id, i.created_at, f.name, v.size, v.kind, v.preview,
       CASE WHEN q.side = 'team' THEN v.number ELSE 0 END AS number, COALESCE(v.shown_number, 0) AS shown_number, f.audience,
       v.scan, CASE WHEN (q.sections & 4096) <> 0 OR tm.person_id IS NULL THEN a.name ELSE '' END AS by_name, q.project_id, q.side, q.rights
  FROM file_request_files i JOIN my_file_requests q ON q.id = i.request_id
  JOIN files f ON f.id = i.file_id AND f.trashed_at IS NULL
  JOIN versions v ON v.id = i.version_id
  JOIN persons a ON a.id = v.created_by
  LEFT JOIN team_members tm ON tm.person_id = v.created_by
 WHERE q.side = 'team' OR (f.audience = 'client' AND f.shown_id IS NOT NULL AND v.audience = 'client')`,

	// Requests to decide. Clients see one once a stage of theirs was reached, while
	// they see everything that it is about. Of its stages they are told their own.
	"my_approvals": approvalsFrom(`approvals a JOIN my_places p ON p.id = a.project_id`, `p.client_id`, `CASE WHEN p.side = 'team' THEN a.lane ELSE '' END`,
		`(p.side = 'team' OR (a.shown_at IS NOT NULL AND (p.sections & 128) <> 0 AND `+subjectsShown+`))`),

	// The same for the team, in an order that an index of approvals has.
	"my_board": approvalsFrom(`approvals a CROSS JOIN my_places p`, `a.client_id`, `a.lane`, `p.id = a.project_id AND p.side = 'team'`),

	// Those that wait for a client for whom a day is the last.
	"my_lapsing": `
SELECT a.id, a.client_id, a.expires_on, ` + lastDay + ` AS last_day FROM approvals a CROSS JOIN my_places p
 WHERE p.id = a.project_id AND p.side = 'team' AND a.state IN ('requested', 'viewed') AND a.expires_on IS NOT NULL AND a.lane = 'client'`,

	// In which the actor is asked; they are read through my_approvals.
	"my_asked": `
SELECT x.approval_id AS id FROM approval_people x WHERE x.person_id IN ($1, (SELECT v.person_id FROM client_users v WHERE v.id = $1)) AND x.decision_id IS NULL AND x.given_to IS NULL`,

	// Whom they wait for, for the team.
	"my_open_decisions": `
SELECT x.person_id, x.stage, g.side AS stage_side, a.id, a.title, a.project_id, a.project_name, a.client_id, a.due_key, a.side, a.rights
  FROM approval_people x JOIN my_approvals a ON a.id = x.approval_id AND a.stage = x.stage
  JOIN approval_stages g ON g.approval_id = x.approval_id AND g.number = x.stage
 WHERE x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL AND a.asking = 1 AND a.side = 'team'`,

	// What they are about, as it was when it was asked; newest says whether its
	// readers have nothing newer.
	"my_approval_subjects": `
SELECT s.approval_id, s.position, s.file_id, s.version_id, s.sha256, s.result, f.name, v.size, v.kind, v.type, v.preview, v.scan, v.width, v.height, v.pages,
       CASE WHEN f.audience = 'client' AND v.audience = 'client' THEN v.shown_number ELSE v.number END AS number,
       CASE WHEN f.trashed_at IS NULL THEN 0 ELSE 1 END AS trashed, ` + subjectNewest + ` AS newest,
       CASE WHEN f.audience = 'client' AND v.audience = 'client' THEN 'client' ELSE 'team' END AS audience,
       CASE WHEN a.side = 'team' OR v.scan NOT IN ('waiting', 'infected') AND (` + seenHere("v") + ` OR EXISTS (SELECT 1 FROM my_versions d WHERE d.id = v.id AND (d.rights & 2) <> 0)) THEN 0 ELSE 1 END AS unseen,
       CASE WHEN ` + comesHere("v") + ` THEN 1 ELSE 0 END AS coming,
       a.state, a.state_at, a.state_by_then, a.shown_at, a.deliverable_id, a.project_id, a.side, a.rights
  FROM approval_subjects s JOIN my_approvals a ON a.id = s.approval_id
  JOIN files f ON f.id = s.file_id JOIN versions v ON v.id = s.version_id`,

	// Who of the client is asked now, or would be next, and can neither look at all of it
	// nor have it, for the team.
	"my_approval_unseen": `
SELECT s.approval_id, s.position, f.name, x.person_id, n.name AS person_name, CASE WHEN ` + comesHere("v") + ` THEN 1 ELSE 0 END AS coming, a.side, a.rights
  FROM my_approvals a JOIN approval_subjects s ON s.approval_id = a.id JOIN versions v ON v.id = s.version_id JOIN files f ON f.id = s.file_id
  JOIN approval_people x ON x.approval_id = a.id AND x.stage = a.stage AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL
  JOIN project_grants g ON g.actor = x.person_id AND g.project_id = a.project_id AND g.side = 'client'
  JOIN persons n ON n.id = x.person_id
 WHERE a.side = 'team' AND a.state IN ('requested', 'viewed') AND (` + hiddenFrom + ` OR a.asking = 0 AND ` + hiddenOnce + `)`,

	"my_approval_stages": `
SELECT g.approval_id, g.number, g.side AS stage_side, g.rule, g.asked_role, g.opened_at, g.closed_at, a.side, a.rights
  FROM approval_stages g JOIN my_approvals a ON a.id = g.approval_id
 WHERE a.side = 'team' OR g.side = 'client'`,

	// Who is asked: clients know their own people among them. Gone are those who
	// cannot answer any more.
	"my_approval_people": `
SELECT x.approval_id, x.stage, x.person_id, n.name, x.role, x.answer, x.answered_at, x.decision_id, CASE WHEN a.side = 'team' THEN x.viewed_at END AS viewed_at,
       CASE WHEN m.person_id IS NOT NULL THEN 'team' ELSE 'client' END AS person_side,
       CASE WHEN a.side = 'team' AND (n.disabled_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM project_grants o WHERE o.actor = x.person_id AND o.project_id = a.project_id
                 AND (o.side = 'team' OR x.role = 'adviser' OR (o.rights & 32) <> 0))) THEN 1 ELSE 0 END AS gone,
       COALESCE(d.note, '') AS note, COALESCE(d.proof, '') AS proof, COALESCE(x.given_to, '') AS given_to, COALESCE((SELECT o.name FROM persons o WHERE o.id = x.given_to), '') AS given_name,
       CASE WHEN x.given_as = 'away' AND x.person_id = $1 AND g.closed_at IS NULL AND EXISTS (SELECT 1 FROM approval_people y
                 WHERE y.approval_id = x.approval_id AND y.stage = x.stage AND y.person_id = x.given_to AND y.role = 'decider' AND y.answer = '' AND y.given_to IS NULL) THEN 1 ELSE 0 END AS away,
       COALESCE((SELECT o.name FROM persons o WHERE o.id = x.for_id), '') AS for_name, x.by_role,
       (SELECT o.at FROM approval_decisions o WHERE o.id = d.repeats_id) AS repeats_at, ` + byPhone + `,
       CASE WHEN EXISTS (SELECT 1 FROM approval_calls k WHERE k.person_id = x.person_id AND k.approval_id = x.approval_id AND k.stage = x.stage AND k.state = 'open' AND ` + callSeen + `) THEN 1 ELSE 0 END AS called,
       g.side AS stage_side, a.side, a.rights
  FROM approval_people x JOIN my_approvals a ON a.id = x.approval_id
  JOIN approval_stages g ON g.approval_id = x.approval_id AND g.number = x.stage
  JOIN persons n ON n.id = x.person_id
  LEFT JOIN team_members m ON m.person_id = x.person_id
  LEFT JOIN approval_decisions d ON d.id = x.decision_id
 WHERE a.side = 'team' OR (g.side = 'client' AND m.person_id IS NULL)`,

	// Each names who gave it, and for whom, as they were called then.
	"my_approval_decisions": `
SELECT d.id, d.approval_id, d.stage, d.person_id, COALESCE(NULLIF(d.name, ''), n.name) AS name, d.role, d.answer, d.undoes, d.note, d.content, d.at, d.proof, COALESCE(NULLIF(d.for_called, ''), ` + nameOf("d.for_id") + `, '') AS for_name,
       (SELECT o.at FROM approval_decisions o WHERE o.id = d.repeats_id) AS repeats_at, ` + byPhone + `,
       CASE WHEN a.side = 'team' THEN d.address ELSE '' END AS address, CASE WHEN a.side = 'team' THEN d.agent ELSE '' END AS agent,
       d.email, d.title, d.company, d.verified_at, d.zone, g.side AS stage_side, a.side, a.rights
  FROM approval_decisions d JOIN my_approvals a ON a.id = d.approval_id
  JOIN approval_stages g ON g.approval_id = d.approval_id AND g.number = d.stage
  JOIN persons n ON n.id = d.person_id
 WHERE a.side = 'team' OR (g.side = 'client' AND NOT EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = d.person_id))`,

	// What else happened to approvals once the client was asked: who of the client
	// looked, and what the client may know of who is asked, of reminders and of ends.
	// Particulars are those of an event; whether its actor is of the team is told.
	"my_approval_course": `
SELECT a.id AS approval_id, x.viewed_at AS at, 'approval_viewed' AS kind, x.viewed_name AS by_name, 0 AS by_team, '{}' AS particulars, a.side, a.rights
  FROM my_approvals a JOIN approval_people x ON x.approval_id = a.id JOIN approval_stages g ON g.approval_id = x.approval_id AND g.number = x.stage
 WHERE a.shown_at IS NOT NULL AND g.side = 'client' AND x.viewed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = x.person_id)
UNION ALL
SELECT a.id, e.at, e.kind, COALESCE(NULLIF(e.called, ''), ` + nameOf("e.actor") + `, ''), CASE WHEN EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = e.actor) THEN 1 ELSE 0 END, e.particulars, a.side, a.rights
  FROM my_approvals a JOIN events e ON e.subject = a.id
 WHERE a.shown_at IS NOT NULL AND e.at >= a.shown_at AND e.kind IN ('approval_advanced', 'approval_reminded', 'approval_delegated', 'approval_deputised', 'approval_came_back', 'approval_reassigned', 'approval_taken', 'approval_cancelled', 'approval_superseded', 'approval_expired')`,

	// What was said by phone, and is for the team and for who said it.
	"my_approval_calls": `
SELECT k.id, k.approval_id, k.stage, k.person_id, n.name, k.answer, k.note, k.content, k.said_at, k.noted_at,
       CASE WHEN (a.sections & 4096) <> 0 THEN ` + nameOf("k.noted_by") + ` END AS noted_by_name, k.state, k.ended_at, k.reply, a.side, a.rights
  FROM approval_calls k JOIN my_approvals a ON a.id = k.approval_id
  JOIN persons n ON n.id = k.person_id
 WHERE ` + callSeen,

	"my_approval_call_changes": `
SELECT x.call_id, x.position, x.note, k.side, k.rights FROM approval_call_changes x JOIN my_approval_calls k ON k.id = x.call_id`,

	"my_approval_verdicts": `
SELECT x.decision_id, x.position, x.verdict, x.note, d.approval_id, d.person_id, d.name, d.side, d.rights
  FROM approval_verdicts x JOIN my_approval_decisions d ON d.id = x.decision_id`,

	// What is asked to be changed: clients see it while they see what it is about.
	"my_revisions": `
SELECT r.id, r.project_id, r.approval_id, r.file_id, r.version_id, r.title, r.round, r.rounds, r.open, r.unclear, r.offered, r.turn, r.turn_since,
       (SELECT COUNT(*) FROM revision_items i WHERE i.request_id = r.id) AS points, (SELECT COUNT(*) FROM revision_items i WHERE i.request_id = r.id AND i.state = 'done') AS done,
       CASE WHEN r.withdrawn_at IS NULL THEN 0 ELSE 1 END AS withdrawn, r.created_at,
       ` + shownPerson("r.created_by") + ` AS created_by, ` + shownName("r.created_by") + ` AS created_by_name,
       ` + projectName + ` AS project_name, p.client_id, ` + clientName + ` AS client_name, p.side, p.rights, p.sections
  FROM revision_requests r JOIN my_places p ON p.id = r.project_id
 WHERE p.side = 'team' OR ((p.sections & 128) <> 0 AND ` + revisionSeen + `)`,

	// Those of which the client is told what becomes of them, as they see them now.
	"my_told_revisions": `
SELECT r.id, p.side, p.rights
  FROM revision_requests r JOIN (SELECT x.id, x.shows AS sections, x.side, x.rights FROM my_projects x) p ON p.id = r.project_id
 WHERE ` + revisionSeen,

	// The points of it. What answers one is told to whom sees it.
	"my_changes": `
SELECT i.id, i.request_id, i.number, i.body, CASE WHEN i.body = '' AND EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = i.thread_id AND m.shown_number = 1 AND m.erased_at IS NOT NULL) THEN 1 ELSE 0 END AS erased,
       i.file_id, i.version_id, f.name AS file_name, CASE WHEN f.audience = 'client' AND v.audience = 'client' THEN v.shown_number ELSE v.number END AS version_number,
       CASE WHEN f.trashed_at IS NULL THEN 0 ELSE 1 END AS trashed, i.thread_id, COALESCE(t.place, '') AS place, t.number AS place_number,
       i.state, i.state_at, CASE WHEN (r.sections & 4096) <> 0 OR NOT EXISTS (SELECT 1 FROM team_members n WHERE n.person_id = i.state_by) THEN ` + nameOf("i.state_by") + ` END AS state_by_name,
       i.reason, i.clarified, CASE WHEN r.side = 'team' OR ` + doneSeen + ` THEN d.id END AS done_id, CASE WHEN r.side = 'team' OR ` + doneSeen + ` THEN e.id END AS done_file,
       CASE WHEN r.side = 'team' OR ` + doneSeen + ` THEN e.name ELSE '' END AS done_name, CASE WHEN e.audience = 'client' AND d.audience = 'client' THEN d.shown_number WHEN r.side = 'team' THEN d.number ELSE 0 END AS done_number,
       i.out_of_scope, i.price, i.currency, i.offer, i.offer_at, CASE WHEN i.offer IN ('accepted', 'declined') THEN ` + nameOf("i.offer_by") + ` END AS offer_by_name,
       i.revision, r.withdrawn, r.project_id, r.client_id, r.title, r.side, r.rights
  FROM revision_items i JOIN my_revisions r ON r.id = i.request_id
  LEFT JOIN files f ON f.id = i.file_id LEFT JOIN versions v ON v.id = i.version_id
  LEFT JOIN threads t ON t.id = i.thread_id
  LEFT JOIN versions d ON d.id = i.done_id LEFT JOIN files e ON e.id = d.file_id`,

	// Requests for final acceptance: clients see those of what they see.
	"my_signoffs": `
SELECT s.id, s.project_id, s.subject_id, s.title, s.statement, s.points, CASE WHEN (p.sections & 2048) <> 0 THEN s.due_on END AS due_on, s.state, s.state_at,
       ` + shownName("s.state_by") + ` AS state_by_name, s.viewed_at, ` + nameOf("s.viewed_by") + ` AS viewed_by_name, s.note, s.content,
       s.name, s.email, s.role, s.company, s.verified_at, s.zone, s.proof, CASE WHEN p.side = 'team' THEN s.address ELSE '' END AS address, CASE WHEN p.side = 'team' THEN s.agent ELSE '' END AS agent,
       s.created_at, CASE WHEN (p.sections & 4096) <> 0 THEN ` + nameOf("s.created_by") + ` END AS asked_by,
       s.remind, CASE WHEN p.side = 'team' THEN s.remind_at END AS remind_at, CASE WHEN p.side = 'team' THEN s.reminded_at END AS reminded_at, s.escalated_at, s.revision,
       ` + projectName + ` AS project_name, p.client_id, ` + clientName + ` AS client_name, p.side, p.rights, p.sections
  FROM signoffs s JOIN my_places p ON p.id = s.project_id
 WHERE p.side = 'team' OR ((p.sections & 128) <> 0 AND ` + signoffSeen + `)`,

	// What became of a sign-off but that it was signed: who of those that can sign has
	// looked, too. Particulars are those of an event.
	"my_signoff_course": `
SELECT s.id AS signoff_id, v.at, 'signoff_viewed' AS kind, v.name AS by_name, 0 AS by_team, '{}' AS particulars, s.side, s.rights
  FROM my_signoffs s JOIN signoff_views v ON v.signoff_id = s.id
UNION ALL
SELECT s.id, e.at, e.kind, COALESCE(NULLIF(e.called, ''), ` + nameOf("e.actor") + `, ''), CASE WHEN EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = e.actor) THEN 1 ELSE 0 END, e.particulars, s.side, s.rights
  FROM my_signoffs s JOIN events e ON e.subject = s.id WHERE e.kind IN ('signoff_asked', 'signoff_reminded', 'signoff_declined', 'signoff_withdrawn')`,

	// What was signed; of files, those who are shown any.
	"my_signoff_lines": `
SELECT l.signoff_id, l.position, l.kind, l.why, l.item_id, l.title, l.version_id, l.number, l.sha256, l.size, l.approval_id, l.at, l.by_name, s.side, s.rights
  FROM signoff_lines l JOIN my_signoffs s ON s.id = l.signoff_id
 WHERE s.side = 'team' OR l.kind <> 'version' OR (s.sections & 32) <> 0`,

	// Versions that were approved or signed off, once for each approval and sign-off that
	// says so. What was deleted since stays known, and can be had by whom it was shown to.
	"my_accepted_versions": `
SELECT v.id, v.file_id, v.project_id, v.created_at, v.size, f.name, v.sha256, v.type, v.scan, v.blob, p.side, ` + rightsOn + ` AS rights
  FROM (SELECT s.version_id FROM my_approval_subjects s WHERE s.result = 'approved' OR s.state IN ('approved', 'approved_with_notes')
        UNION ALL SELECT l.version_id FROM my_signoff_lines l WHERE l.kind = 'version') x
  JOIN versions v ON v.id = x.version_id JOIN files f ON f.id = v.file_id JOIN my_places p ON p.id = f.project_id
 WHERE ` + seenFrom("p", "f", 32) + ` AND ` + seenFrom("p", "v", 32),

	// Papers about what the actor sees; made or not.
	"my_certificates": `
SELECT c.id, c.subject_id, c.client_id, c.project_id, c.content, c.created_at, c.made_at, c.blob, c.sha256, c.size, o.title, o.side, o.rights
  FROM certificates c
  JOIN (SELECT s.id, s.title, s.side, s.rights FROM my_signoffs s WHERE s.side = 'team' OR (s.sections & 32) <> 0
        UNION ALL SELECT a.id, a.title, a.side, a.rights FROM my_approvals a) o ON o.id = c.subject_id`,

	"my_updates": `
SELECT u.id, u.project_id, u.body, u.status, u.health, u.sentence, u.audience, u.shown_at, u.created_at, u.edited_at, u.revision, u.title_key,
       CASE WHEN (p.sections & 4096) <> 0 THEN u.author_id END AS author_id,
       CASE WHEN (p.sections & 4096) <> 0 THEN ` + nameOf("u.author_id") + ` END AS author_name,
       p.client_id, ` + projectName + ` AS project_name, p.side, p.rights, p.sections
  FROM updates u JOIN my_places p ON p.id = u.project_id
 WHERE ` + seenFrom("p", "u", 1),

	// Folders that are not in the trash.
	"my_folders": `
SELECT f.id, f.project_id, COALESCE(f.parent_id, '') AS parent_id, f.depth, f.name, f.name_key, f.audience, f.origin, f.shown_at, f.created_at, f.revision,
       ` + shownPerson("f.created_by") + ` AS created_by,
       ` + shownName("f.created_by") + ` AS created_by_name,
       p.client_id, ` + projectName + ` AS project_name, ` + clientName + ` AS client_name, p.side, p.rights, p.sections
  FROM folders f JOIN my_places p ON p.id = f.project_id
 WHERE f.trashed_at IS NULL AND (p.side = 'team' OR (f.audience = 'client' AND (p.sections & 32) <> 0))`,

	// Files that are not in the trash, each with its newest version: the team's,
	// or the client's. What the client sees no version of is not there for them.
	"my_files": seenFiles(`files f JOIN my_places p ON p.id = f.project_id`, `CASE WHEN p.side = 'team' THEN f.latest_id ELSE f.shown_id END`, `CASE WHEN p.side = 'team' THEN f.latest_at ELSE f.shown_version_at END`,
		`CASE WHEN p.side = 'team' THEN f.latest_size ELSE f.shown_size END`, `(p.side = 'team' OR (f.audience = 'client' AND v.audience = 'client' AND (p.sections & 32) <> 0))`),

	// The same from one side, for lists in an order that an index has: SQLite
	// reads what stands before CROSS JOIN first.
	"my_team_files": seenFiles(`files f CROSS JOIN my_places p`, `f.latest_id`, `f.latest_at`, `f.latest_size`,
		`p.id = f.project_id AND p.side = 'team'`),
	"my_shown_files": seenFiles(`files f CROSS JOIN my_places p`, `f.shown_id`, `f.shown_version_at`, `f.shown_size`,
		`p.id = f.project_id AND p.side = 'client' AND f.audience = 'client' AND v.audience = 'client' AND (p.sections & 32) <> 0`),

	// Every version of those files. The client's have numbers of their own.
	"my_versions": `
SELECT v.id, v.file_id, v.project_id, v.created_at, v.size, f.name, f.name_key, f.folder_id, f.audience AS file_audience, ` + versionSQL + `,
       p.client_id, p.side, ` + rightsOn + ` AS rights
  FROM versions v JOIN files f ON f.id = v.file_id JOIN my_places p ON p.id = f.project_id
 WHERE f.trashed_at IS NULL AND (p.side = 'team' OR (f.audience = 'client' AND v.audience = 'client' AND (p.sections & 32) <> 0))`,

	"my_previews": `
SELECT w.version_id, w.kind, w.page, w.blob, w.size, w.sha256, w.type, w.width, w.height, v.name, v.file_id, v.project_id, v.created_at, v.scan, v.side, v.rights
  FROM previews w JOIN my_versions v ON v.id = w.version_id`,

	// How much of each version can be looked at here without the file itself.
	"my_looks": `
SELECT v.id AS version_id, CASE WHEN ` + seenHere("o") + ` THEN 1 ELSE 0 END AS whole, v.coming,
       CASE WHEN o.kind IN (` + readAsText + `) OR EXISTS (SELECT 1 FROM previews l WHERE l.version_id = o.id AND l.kind IN ('large', 'page')) THEN 1 ELSE 0 END AS part, v.side, v.rights
  FROM my_versions v JOIN versions o ON o.id = v.id`,

	// What is written in the newest version of each file, for search. Two, as the
	// databases index it differently.
	"my_texts_sqlite": `
SELECT x.rowid AS place, f.id, f.project_id, f.client_id, f.version_id, f.side, f.rights
  FROM version_texts x JOIN my_files f ON f.id = x.file_id AND f.version_id = x.version_id`,
	"my_texts_postgres": `
SELECT x.words, x.body, f.id, f.project_id, f.client_id, f.version_id, f.side, f.rights
  FROM version_texts x JOIN my_files f ON f.id = x.file_id AND f.version_id = x.version_id`,

	// Files by what the index of names has of them, likewise.
	"my_names_sqlite": `
SELECT n.rowid AS place, f.id, f.side, f.rights FROM files n JOIN my_files f ON f.id = n.id`,
	"my_names_postgres": `
SELECT n.words, f.id, f.side, f.rights FROM file_words n JOIN my_files f ON f.id = n.file_id`,

	// What the actor themselves is uploading, or has.
	"my_uploads": `
SELECT u.*, COALESCE(w.file_id, '') AS became, p.side, p.rights
  FROM uploads u JOIN my_places p ON p.id = u.project_id
  LEFT JOIN versions w ON w.id = u.version_id
 WHERE u.owner = $1`,

	// What was deleted, for the team; that which has its own id as trash_id is
	// what somebody deleted, and the rest went with it.
	"my_trash": `
SELECT f.id, 'folder' AS kind, f.project_id, COALESCE(f.parent_id, '') AS folder_id, f.depth, f.name, f.audience, f.created_by, f.trashed_at, f.trashed_by, f.trash_id,
       0 AS size, ` + nameOf("f.trashed_by") + ` AS trashed_by_name, p.client_id, p.side, p.rights
  FROM folders f JOIN my_places p ON p.id = f.project_id
 WHERE f.trashed_at IS NOT NULL AND p.side = 'team'
UNION ALL
SELECT f.id, 'file', f.project_id, COALESCE(f.folder_id, ''), 0, f.name, f.audience, f.created_by, f.trashed_at, f.trashed_by, f.trash_id,
       f.latest_size, ` + nameOf("f.trashed_by") + `, p.client_id, p.side, p.rights
  FROM files f JOIN my_places p ON p.id = f.project_id
 WHERE f.trashed_at IS NOT NULL AND p.side = 'team'`,

	// Who took what, for the team.
	"my_downloads": `
SELECT d.id, d.version_id, d.file_id, d.project_id, d.actor, d.how, d.at, a.name AS actor_name, f.name AS file_name,
       v.number, v.shown_number, v.audience, f.audience AS file_audience, p.side, p.rights
  FROM downloads d JOIN my_places p ON p.id = d.project_id
  JOIN versions v ON v.id = d.version_id JOIN files f ON f.id = d.file_id
  LEFT JOIN persons a ON a.id = d.actor
 WHERE p.side = 'team'`,

	// Files in a deliverable or an update, for those who see both.
	"my_attachments": `
SELECT a.item_id, a.position, f.*
  FROM attachments a
  JOIN (SELECT id FROM my_deliverables UNION ALL SELECT id FROM my_updates) i ON i.id = a.item_id
  JOIN my_files f ON f.id = a.file_id`,

	// How much room a client's files take, for the team.
	"my_room": `
SELECT g.client_id, COALESCE(r.used, 0) AS used, COALESCE(r.reserved, 0) AS reserved, w.client_limit, w.file_limit, g.side, g.rights
  FROM client_grants g JOIN workspace w ON w.id = 1
  LEFT JOIN client_room r ON r.client_id = g.client_id
 WHERE g.actor = $1 AND g.side = 'team'`,

	// The team of a project, as its client may know them.
	"my_project_team": `
SELECT t.project_id, t.person_id, a.name, a.title, t.role, t.shown, t.added_at, a.away_until,
       CASE WHEN (p.sections & 8192) <> 0 THEN a.email END AS email,
       CASE WHEN o.contact_id = t.person_id THEN 1 ELSE 0 END AS is_contact,
       p.side, p.rights
  FROM project_team t JOIN my_places p ON p.id = t.project_id
  JOIN projects o ON o.id = t.project_id
  JOIN persons a ON a.id = t.person_id
  JOIN team_members m ON m.person_id = t.person_id AND m.removed_at IS NULL
 WHERE p.side = 'team' OR (t.shown = 1 AND (p.sections & 4352) = 4352)`,

	// The client's own people. Clients see colleagues who are in; their
	// addresses and states only with the right to invite.
	"my_client_users": `
SELECT u.id, u.client_id, u.person_id,
       CASE WHEN u.accepted_at IS NULL AND u.label <> '' THEN u.label ELSE a.name END AS name,
       CASE WHEN g.side = 'team' OR (g.rights & 128) <> 0
            THEN CASE WHEN u.accepted_at IS NULL AND u.typed_email <> '' THEN u.typed_email ELSE a.email END END AS email,
       u.title, u.rights AS given, u.all_projects, u.created_at, u.created_by,
       u.accepted_at, u.suspended_at, u.removed_at,
       g.side, g.rights
  FROM client_users u JOIN client_grants g ON g.client_id = u.client_id AND g.actor = $1
  JOIN persons a ON a.id = u.person_id
 WHERE g.side = 'team'
    OR (u.removed_at IS NULL AND ((g.rights & 128) <> 0 OR (u.accepted_at IS NOT NULL AND u.suspended_at IS NULL)))`,

	"my_client_user_projects": `
SELECT x.client_user_id, x.project_id, x.client_id, x.rights AS given, u.side, u.rights
  FROM client_user_projects x JOIN my_client_users u ON u.id = x.client_user_id
  JOIN my_places p ON p.id = x.project_id`,

	"my_client_team": `
SELECT ct.client_id, ct.person_id, ct.added_at, a.name, a.title, m.role, g.side, g.rights
  FROM client_team ct JOIN client_grants g ON g.client_id = ct.client_id AND g.actor = $1
  JOIN persons a ON a.id = ct.person_id
  JOIN team_members m ON m.person_id = ct.person_id AND m.removed_at IS NULL
 WHERE g.side = 'team'`,

	// The clients that are the actor's work: those whose team they are on, or whose
	// contact they are, and those that are nobody's, where they stand in.
	"my_client_work": `
SELECT g.client_id, g.side, g.rights FROM client_team ct JOIN client_grants g ON g.client_id = ct.client_id AND g.actor = $1 WHERE ct.person_id = $1 AND g.side = 'team'
UNION ALL
SELECT g.client_id, g.side, g.rights FROM clients c JOIN client_grants g ON g.client_id = c.id AND g.actor = $1 WHERE c.contact_id = $1 AND g.side = 'team'
   AND NOT EXISTS (SELECT 1 FROM client_team ct WHERE ct.client_id = c.id AND ct.person_id = $1)
UNION ALL
SELECT g.client_id, g.side, g.rights FROM stand_ins s JOIN client_grants g ON g.client_id = s.client_id AND g.actor = $1 WHERE s.actor = $1 AND s.project_id = '' AND g.side = 'team'`,

	// When each client user was here last, since they accepted; for the team.
	"my_last_seen": `
SELECT u.id AS client_user_id, u.client_id, MAX(s.seen_at) AS seen_at
  FROM my_client_users u JOIN sessions s ON s.person_id = u.person_id AND s.seen_at >= u.accepted_at
 WHERE u.side = 'team'
 GROUP BY u.id, u.client_id`,

	// The clients that would let the actor in, but are paused.
	"my_paused": `
SELECT c.id, c.name
  FROM client_users u JOIN clients c ON c.id = u.client_id
 WHERE u.person_id = $1 AND u.accepted_at IS NOT NULL AND u.suspended_at IS NULL AND u.removed_at IS NULL
   AND (c.portal_since IS NULL OR c.archived_at IS NOT NULL)`,

	// Since when a client may see something, and who showed it; for the team.
	"my_shown": `
SELECT i.id AS item_id, i.shown_at, a.name AS shown_by
  FROM (SELECT p.id, p.id AS project_id, p.shared_at AS shown_at, p.shared_by AS shown_by FROM projects p
        UNION ALL SELECT m.id, m.project_id, m.shown_at, m.shown_by FROM milestones m
        UNION ALL SELECT t.id, t.project_id, t.shown_at, t.shown_by FROM tasks t
        UNION ALL SELECT d.id, d.project_id, d.shown_at, d.shown_by FROM deliverables d
        UNION ALL SELECT u.id, u.project_id, u.shown_at, u.shown_by FROM updates u
        UNION ALL SELECT f.id, f.project_id, f.shown_at, f.shown_by FROM folders f WHERE f.trashed_at IS NULL
        UNION ALL SELECT f.id, f.project_id, f.shown_at, f.shown_by FROM files f WHERE f.trashed_at IS NULL) i
  JOIN project_grants g ON g.project_id = i.project_id AND g.actor = $1 AND g.side = 'team'
  LEFT JOIN persons a ON a.id = i.shown_by`,

	// Invitations to the team, for those who may send them.
	"my_team_invitations": `
SELECT i.id, i.person_id, i.role, i.invited_by, i.created_at, i.expires_at, i.accepted_at, i.revoked_at, i.message,
       b.name AS invited_by_name, ` + lastCameBack("team_invitation") + ` AS bounced, r.side, r.rights
  FROM invitations i JOIN my_role r ON (r.rights & 1024) <> 0
  LEFT JOIN persons b ON b.id = i.invited_by
 WHERE i.client_user_id IS NULL`,

	// Invitations to clients, for those who may send them.
	"my_invitations": `
SELECT i.id, i.person_id, i.client_user_id, u.client_id, i.invited_by, i.created_at, i.expires_at,
       i.accepted_at, i.revoked_at, i.replaced, i.asked_again_at, b.name AS invited_by_name,
       CASE WHEN EXISTS (SELECT 1 FROM mails q WHERE q.subject_id = i.id AND q.kind = 'invitation') THEN 1 ELSE 0 END AS mailed,
       ` + lastCameBack("invitation") + ` AS bounced, u.name AS user_name, u.side, u.rights
  FROM invitations i JOIN my_client_users u ON u.id = i.client_user_id
  LEFT JOIN persons b ON b.id = i.invited_by
 WHERE (u.rights & 512) <> 0 OR (u.rights & 128) <> 0`,

	// The team, for the team.
	"my_team": `
SELECT m.person_id, m.role, m.created_at, m.accepted_at, m.removed_at, a.name, a.email, a.title, a.away_until,
       me.role AS my_role,
       CASE me.role WHEN 'owner' THEN 2047 WHEN 'admin' THEN 2047 WHEN 'manager' THEN 1023 ELSE 511 END AS rights,
       'team' AS side
  FROM team_members me JOIN team_members m ON 1 = 1
  JOIN persons a ON a.id = m.person_id
 WHERE me.person_id = $1 AND me.accepted_at IS NOT NULL AND me.removed_at IS NULL`,

	// The actor's own place in the team, at most one row.
	"my_role": `
SELECT m.person_id, m.role,
       CASE m.role WHEN 'owner' THEN 2047 WHEN 'admin' THEN 2047 WHEN 'manager' THEN 1023 ELSE 511 END AS rights,
       'team' AS side
  FROM team_members m
 WHERE m.person_id = $1 AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL`,

	// What the workspace says of itself to those it works with.
	"my_office": `
SELECT w.time_zone, w.office_hours, w.reply_hours, w.state_words, w.welcome, w.share_links, w.receipts FROM workspace w
 WHERE EXISTS (SELECT 1 FROM client_grants g WHERE g.actor = $1)
    OR EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = $1 AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL)`,

	"my_templates": `
SELECT t.*, r.side, r.rights FROM templates t JOIN my_role r ON 1 = 1`,

	// What happened in projects. Clients see what was shown to them, in the
	// sections that are on; names of the team only where those are shown.
	"my_events": `
SELECT e.id, e.kind, e.at, e.client_id, e.project_id, e.subject, e.audience, e.particulars, e.section, e.shown,
       ` + shownPerson("e.person_id") + ` AS person_id,
       ` + shownName("e.person_id") + ` AS person_name,
       ` + shownPerson("e.actor") + ` AS actor,
       ` + shownName("e.actor") + ` AS actor_name,
       ` + projectName + ` AS project_name, ` + clientName + ` AS client_name, p.side, p.rights
  FROM events e JOIN my_places p ON p.id = e.project_id
 WHERE p.side = 'team'
    OR (e.shown = 1 AND (p.sections & 512) <> 0 AND (p.sections & e.section) = e.section)`,

	// What happened to what the actor sees, be it told in an activity that they have or
	// not: that it did is no secret, as they see what became of it.
	"my_happenings": `
SELECT e.id, e.at, p.side, p.rights
  FROM events e JOIN my_places p ON p.id = e.project_id
 WHERE p.side = 'team' OR (e.shown = 1 AND (p.sections & e.section) = e.section)`,

	// The rows of what the actor was told of, which say nothing of it; and as far as
	// they can still see it: events, and what was said, which is seen with its message.
	// SQLite begins with what is left of a CROSS JOIN.
	"my_told": `
SELECT n.id, n.client_id, n.subject AS about, n.listed, n.mail, n.mail_id, n.push, n.read_at, n.message_id FROM notices n WHERE n.person_id = $1`,

	"my_event_notices": `
SELECT n.id, n.subject AS about, n.topic, n.listed, CASE WHEN ` + stillNamed("n") + ` THEN 1 ELSE 0 END AS named, n.needs, n.mail, n.mail_id, n.push, n.read_at, CASE WHEN n.read_at IS NULL THEN 1 ELSE 0 END AS unread,
       e.id AS event_id, e.kind, e.at, e.client_id, e.project_id, e.subject, e.audience, e.particulars,
       CASE WHEN (p.sections & 4096) <> 0 OR wm.person_id IS NULL THEN e.person_id END AS person_id,
       CASE WHEN (p.sections & 4096) <> 0 OR wm.person_id IS NULL THEN w.name END AS person_name,
       CASE WHEN (p.sections & 4096) <> 0 OR tm.person_id IS NULL THEN e.actor END AS actor,
       CASE WHEN (p.sections & 4096) <> 0 OR tm.person_id IS NULL THEN a.name END AS actor_name,
       p.name AS project_name, p.client_name, '' AS message_id, '' AS thread_kind, '' AS thread_subject, '' AS item_id, p.side, p.rights
  FROM notices n CROSS JOIN events e
  JOIN my_projects p ON p.id = e.project_id
  LEFT JOIN persons a ON a.id = e.actor
  LEFT JOIN team_members tm ON tm.person_id = e.actor
  LEFT JOIN persons w ON w.id = e.person_id
  LEFT JOIN team_members wm ON wm.person_id = e.person_id
 WHERE e.id = n.event_id AND n.person_id = $1 AND n.message_id IS NULL AND (p.side = 'team' OR ((p.sections & e.section) = e.section AND (e.shown = 1
        OR e.kind = 'approval_call_noted' AND e.person_id = $1 AND EXISTS (SELECT 1 FROM approval_calls k WHERE k.person_id = $1 AND k.approval_id = e.subject AND k.state = 'open'))))
   AND ` + subjectSeen,
	"my_message_notices": `
SELECT n.id, n.subject AS about, n.topic, n.listed, CASE WHEN ` + stillNamed("n") + ` THEN 1 ELSE 0 END AS named, n.needs, n.mail, n.mail_id, n.push, n.read_at, CASE WHEN n.read_at IS NULL THEN 1 ELSE 0 END AS unread,
       n.event_id, 'message_posted' AS kind, n.at, m.client_id, m.project_id, m.id AS subject, m.audience, '{}' AS particulars,
       '' AS person_id, '' AS person_name, m.author_id AS actor, m.author_name AS actor_name,
       m.project_name, m.client_name, m.id AS message_id, m.kind AS thread_kind, m.subject AS thread_subject, m.item_id, m.side, m.rights
  FROM notices n CROSS JOIN my_messages m
 WHERE m.id = n.message_id AND n.message_id IS NOT NULL AND n.person_id = $1 AND m.deleted_at IS NULL`,

	// Which mails take along what the actor was told of.
	"my_mailed": `
SELECT n.mail, n.mail_id FROM notices n WHERE n.person_id = $1 AND n.mail <> '' AND n.mail_id <> ''`,

	// Where the actor was named and has not looked since; and which conversation waits
	// for an answer to just that.
	"my_named": `
SELECT k.id, m.thread_id, m.project_id, m.project_name, m.client_id, m.client_name, SUBSTR(m.body, 1, 120) AS title, k.at, m.author_name AS actor_name, m.side, m.rights,
       CASE WHEN o.turn = 'client' AND o.asked_id = m.id OR o.turn = 'team' AND m.author_side = 'client' AND m.created_at >= o.turn_since THEN o.id END AS waits
  FROM notices k CROSS JOIN my_messages m CROSS JOIN threads o
 WHERE m.id = k.message_id AND o.id = m.thread_id AND k.person_id = $1 AND ` + stillNamed("k") + ` AND k.read_at IS NULL AND m.deleted_at IS NULL
UNION ALL
SELECT k.id, NULL, f.project_id, f.project_name, f.client_id, f.client_name, f.name, k.at, CASE WHEN (f.sections & 4096) <> 0 OR tm.person_id IS NULL THEN a.name END, f.side, f.rights, NULL
  FROM notices k CROSS JOIN events e CROSS JOIN my_files f
  JOIN persons a ON a.id = e.actor
  LEFT JOIN team_members tm ON tm.person_id = e.actor
 WHERE e.id = k.event_id AND f.id = e.subject AND k.message_id IS NULL AND k.person_id = $1 AND ` + stillNamed("k") + ` AND k.read_at IS NULL`,

	// The actor's sessions that were not ended, and the browsers that take pushes
	// for as long.
	"my_sessions": `
SELECT s.id, s.shared FROM sessions s WHERE s.person_id = $1 AND s.ended_at IS NULL`,
	"my_devices": `
SELECT d.id, d.session_id, d.endpoint, d.public_key, d.created_at, s.user_agent
  FROM push_devices d JOIN sessions s ON s.id = d.session_id
 WHERE d.person_id = $1 AND s.ended_at IS NULL`,

	"my_notice_choices": `
SELECT c.* FROM notice_choices c WHERE c.person_id = $1`,

	"my_mutes": `
SELECT m.project_id, m.at, p.name, p.client_name, p.side, p.rights FROM mutes m JOIN my_projects p ON p.id = m.project_id WHERE m.person_id = $1`,

	// The newest of what happened, for the team: bounded, and by time rather
	// than by project, as theirs may be all there are.
	"my_newest_events": `
SELECT e.id, e.kind, e.at, e.client_id, e.project_id, e.subject, e.person_id, e.audience, e.particulars, e.actor, ` + nameOf("e.actor") + ` AS actor_name, ` + nameOf("e.person_id") + ` AS person_name,
       ` + projectName + ` AS project_name, ` + clientName + ` AS client_name, p.side, p.rights
  FROM (SELECT * FROM events WHERE project_id IS NOT NULL ORDER BY at DESC LIMIT 200) e JOIN my_places p ON p.id = e.project_id
 WHERE p.side = 'team'`,

	// What happened to a client and its people, for those who manage it.
	"my_client_events": `
SELECT e.id, e.kind, e.at, e.client_id, e.project_id, e.subject, e.person_id, e.audience, e.particulars, e.section, e.shown,
       e.actor, a.name AS actor_name, w.name AS person_name, g.side, g.rights
  FROM events e JOIN client_grants g ON g.client_id = e.client_id AND g.actor = $1
  LEFT JOIN persons a ON a.id = e.actor
  LEFT JOIN persons w ON w.id = e.person_id
 WHERE e.told = 1 AND g.side = 'team' AND (g.rights & 512) <> 0`,

	// Everything that was recorded, for those who administer.
	"my_audit": `
SELECT e.id, e.chain, e.seq, e.kind, e.at, e.client_id, e.project_id, e.subject, e.person_id, e.audience, e.particulars,
       e.section, e.shown, e.hash, e.address, e.actor, a.name AS actor_name, a.email AS actor_email, a.email_key AS actor_key, w.name AS person_name,
       c.name AS client_name, p.name AS project_name, r.side, r.rights
  FROM events e JOIN my_role r ON (r.rights & 1024) <> 0
  LEFT JOIN persons a ON a.id = e.actor
  LEFT JOIN persons w ON w.id = e.person_id
  LEFT JOIN clients c ON c.id = e.client_id
  LEFT JOIN projects p ON p.id = e.project_id`,

	// Mail that left or waits, for those who administer. Readable is what does
	// not let its reader be somebody else: neither codes nor links that prove who
	// one is, nor an invitation to a role above the reader's own.
	// Mails that came in, for those who administer.
	"my_incoming_mails": `
SELECT m.id, m.message_id, m.recipient, m.sender, m.blob, m.size, m.received_at, m.state, m.reason, m.tries, m.settled_at,
       m.from_address, m.from_name, m.subject, m.body, m.files, m.person_id, a.name AS person_name, a.email AS person_email,
       m.place, m.audience, m.became, m.vouched, b.name AS decided_by_name, m.writer_id, r.side, r.rights
  FROM incoming_mails m JOIN my_role r ON (r.rights & 1024) <> 0
  LEFT JOIN persons a ON a.id = m.person_id
  LEFT JOIN persons b ON b.id = m.decided_by`,

	"my_uptime": `
SELECT u.held_at, r.side, r.rights FROM uptime u JOIN my_role r ON u.id = 1 AND (r.rights & 1024) <> 0`,
	"my_mails": `
SELECT m.id, m.kind, m.person_id, m.address, m.subject_id, m.state, m.reason, m.tries, m.created_at, m.due_at, m.sent_at,
       a.name AS person_name, c.id AS client_id, c.name AS client_name,
       CASE WHEN m.kind IN ('sign_in_code', 'answer_code', 'password_reset', 'email_change', 'drafts_shared') THEN 0
            WHEN i.role = 'owner' AND r.role <> 'owner' THEN 0 ELSE 1 END AS readable,
       r.side, r.rights
  FROM mails m JOIN my_role r ON (r.rights & 1024) <> 0
  JOIN persons a ON a.id = m.person_id
  LEFT JOIN invitations i ON i.id = m.subject_id
  LEFT JOIN client_users u ON u.id = i.client_user_id
  LEFT JOIN clients c ON c.id = COALESCE(i.client_id, u.client_id)`,

	// What people say to each other. A client sees a thread of its audience in
	// which there is something for them; comments show with what they are on, and
	// direct ones to those who are in it, while they may still be.
	"my_threads": `
SELECT t.id, t.kind, t.client_id, (SELECT o.name FROM clients o WHERE o.id = t.client_id) AS client_name,
       t.project_id, (SELECT o.name FROM projects o WHERE o.id = t.project_id) AS project_name,
       t.item_id, t.version_id, t.subject, t.audience, t.created_at, t.last_at, t.shown_at, t.shown_seq, t.asked_id,
       t.place, t.number, CASE WHEN t.created_by = $1 THEN 1 ELSE 0 END AS own,
       CASE WHEN ` + threadSide + ` = 'team' THEN t.last_at ELSE t.shown_at END AS at,
       CASE WHEN ` + threadSide + ` = 'team' THEN t.seq ELSE t.shown_seq END AS head,
       CASE WHEN ` + threadSide + ` = 'team' THEN t.seq ELSE t.shown_count END AS messages,
       t.turn, t.turn_since, t.resolved_at,
       CASE WHEN (` + threadSections + ` & 4096) <> 0 OR NOT EXISTS (SELECT 1 FROM team_members n WHERE n.person_id = t.resolved_by) THEN ` + nameOf("t.resolved_by") + ` END AS resolved_by_name,
       CASE WHEN ` + deserted + ` THEN 1 ELSE 0 END AS deserted,
       t.revision, ` + clientShows + ` AS client_shows, ` + threadSections + ` AS sections, ` + threadSide + ` AS side, ` + threadRights + ` AS rights
  FROM threads t
  LEFT JOIN my_places g ON g.id = t.project_id
  LEFT JOIN client_grants k ON k.actor = $1 AND k.client_id = t.client_id AND t.project_id IS NULL
  LEFT JOIN clients c ON c.id = t.client_id AND t.project_id IS NULL
  JOIN workspace w ON w.id = 1
 WHERE (` + threadSide + ` = 'team' OR (` + threadSide + ` = 'client' AND t.audience = 'client' AND t.shown_at IS NOT NULL AND (t.kind = 'item' OR (` + threadSections + ` & 64) <> 0)))
   AND CASE WHEN t.kind = 'direct'
                 THEN EXISTS (SELECT 1 FROM thread_people i WHERE i.thread_id = t.id AND i.person_id = $1)
                      AND (t.client_id IS NOT NULL OR EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = $1 AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL))
            WHEN t.kind <> 'item' THEN 1 = 1
            ` + itemSeen("g") + ` END`,

	// Conversations for the search by subject. Two, as the databases index it
	// differently; place_in is where one stands in the index.
	"my_subjects_sqlite": `
SELECT o.rowid AS place_in, t.* FROM threads o JOIN my_threads t ON t.id = o.id WHERE t.kind = 'project'`,
	"my_subjects_postgres": `
SELECT o.thread_id AS place_in, o.words, t.* FROM thread_words o JOIN my_threads t ON t.id = o.thread_id`,

	// Comments that nobody resolved, as the client sees them: each by what is left of
	// the first of it, and on what it is; without a body nothing is.
	"my_open_comments": `
SELECT t.id, t.project_id, t.item_id, (SELECT m.body FROM messages m WHERE m.thread_id = t.id AND m.audience = 'client' AND m.deleted_at IS NULL ORDER BY m.seq LIMIT 1) AS body,
       COALESCE((SELECT f.name FROM files f WHERE f.id = t.item_id), (SELECT d.title FROM deliverables d WHERE d.id = t.item_id), (SELECT k.title FROM tasks k WHERE k.id = t.item_id),
                (SELECT m.title FROM milestones m WHERE m.id = t.item_id), ` + projectName + `) AS title, p.of_reader AS side, p.rights
  FROM threads t JOIN (SELECT x.id, x.shows AS sections, 'client' AS side, x.side AS of_reader, x.rights FROM my_projects x) p ON p.id = t.project_id
 WHERE t.kind = 'item' AND t.audience = 'client' AND t.resolved_at IS NULL AND t.shown_at IS NOT NULL AND CASE WHEN t.item_id IS NULL THEN 1 = 0 ` + itemSeen("p") + ` END`,

	// Messages, each with what its thread is. What was deleted is read by those
	// who administer; seq is not for clients, who would learn of notes by it.
	"my_messages": `
SELECT m.id, m.thread_id, m.seq, m.shown_number, m.audience, m.side AS author_side,
       CASE WHEN t.side = 'team' OR m.side = 'client' OR (t.sections & 4096) <> 0 THEN m.author_id END AS author_id,
       CASE WHEN t.side = 'team' OR m.side = 'client' OR (t.sections & 4096) <> 0 THEN a.name END AS author_name,
       CASE WHEN m.deleted_at IS NULL OR (t.side = 'team' AND (t.rights & 1024) <> 0) THEN m.body ELSE '' END AS body,
       m.quote_id, m.created_at, m.changed_at, m.edited_at, m.deleted_at, m.erased_at, m.revision,
       t.kind, t.client_id, t.client_name, t.project_id, t.project_name, t.item_id, t.subject, t.head, t.messages, t.sections, t.side, t.rights
  FROM messages m JOIN my_threads t ON t.id = m.thread_id
  JOIN persons a ON a.id = m.author_id
 WHERE t.side = 'team' OR m.audience = 'client'`,

	// The same for search. Two, as the databases index it differently.
	"my_messages_sqlite": `
SELECT o.rowid AS number, m.id, m.thread_id, m.client_id, m.project_id, m.author_id, m.created_at, m.side, m.rights
  FROM messages o JOIN my_messages m ON m.id = o.id WHERE o.deleted_at IS NULL`,
	"my_messages_postgres": `
SELECT o.number, o.words, m.id, m.thread_id, m.client_id, m.project_id, m.author_id, m.created_at, m.side, m.rights
  FROM messages o JOIN my_messages m ON m.id = o.id WHERE o.deleted_at IS NULL`,

	// Where those stand that a search goes on from, deleted ones too.
	"my_message_numbers_sqlite": `
SELECT o.rowid AS number, m.id, m.side, m.rights FROM messages o JOIN my_messages m ON m.id = o.id`,
	"my_message_numbers_postgres": `
SELECT o.number, m.id, m.side, m.rights FROM messages o JOIN my_messages m ON m.id = o.id`,

	// Earlier texts of messages, for those who administer.
	"my_message_texts": `
SELECT x.message_id, x.revision, x.body, x.until, m.side, m.rights
  FROM message_texts x JOIN my_messages m ON m.id = x.message_id
 WHERE m.side = 'team' AND (m.rights & 1024) <> 0`,

	// Files in messages, for those who see both.
	"my_message_files": `
SELECT x.message_id, x.position, f.*
  FROM message_files x JOIN my_messages m ON m.id = x.message_id
  JOIN my_files f ON f.id = x.file_id
 WHERE m.deleted_at IS NULL`,

	// Who is named in messages, as far as the actor may know them.
	"my_mentions": `
SELECT x.message_id, x.person_id, x.name, m.thread_id, m.side, m.rights
  FROM mentions x JOIN my_messages m ON m.id = x.message_id
 WHERE m.deleted_at IS NULL
   AND (m.side = 'team' OR (m.sections & 4096) <> 0 OR NOT EXISTS (SELECT 1 FROM team_members k WHERE k.person_id = x.person_id))`,

	// How far the actor has read; the actor may be a client user whose view is
	// looked at.
	"my_readings": `
SELECT r.thread_id, r.seq, r.at
  FROM reading_marks r
 WHERE r.person_id IN ($1, (SELECT v.person_id FROM client_users v WHERE v.id = $1))`,

	// Who has seen a message, as far as the workspace lets it be known.
	"my_receipts": `
SELECT m.id AS message_id, r.thread_id, r.person_id, a.name, r.at, CASE WHEN k.person_id IS NULL THEN 'client' ELSE 'team' END AS person_side, m.client_name, m.side, m.rights
  FROM my_messages m
  JOIN reading_marks r ON r.thread_id = m.thread_id
   AND r.seq = (SELECT MIN(x.seq) FROM reading_marks x WHERE x.thread_id = m.thread_id AND x.person_id = r.person_id AND x.seq >= m.seq)
  JOIN workspace w ON w.id = 1
  JOIN persons a ON a.id = r.person_id
  LEFT JOIN team_members k ON k.person_id = r.person_id
 WHERE COALESCE(m.author_id, '') <> r.person_id
   AND (w.receipts = 'on' OR (w.receipts = 'team' AND m.side = 'team'))
   AND (m.side = 'team' OR k.person_id IS NULL OR (m.sections & 4096) <> 0)
   AND (m.audience = 'client' OR k.person_id IS NOT NULL)`, // a client who reads on past a note has not seen it

	// Who reads a message and has not seen it, as far as the workspace lets it be
	// known: those whose work it is, and whoever was told. Mail is what becomes of
	// one while nobody was told of the message; it is for the team. What was sent as
	// feedback has no mail of its own.
	"my_unseen": `
SELECT m.id AS message_id, y.thread_id, y.person_id, y.name, y.person_side, y.near, m.client_name,
       CASE WHEN m.side <> 'team' OR EXISTS (SELECT 1 FROM events e WHERE e.subject = m.item_id AND e.kind = 'feedback_sent' AND e.at = m.created_at) THEN ''
            WHEN EXISTS (SELECT 1 FROM events e JOIN notice_queue q ON q.event_id = e.id WHERE e.subject IN (m.id, m.thread_id, m.item_id) AND e.at IN (m.created_at, m.edited_at) AND q.message_id = m.id) THEN 'waiting' ELSE 'none' END AS mail, m.side, m.rights
  FROM my_messages m
  JOIN my_thread_people y ON y.thread_id = m.thread_id AND (y.person_side = 'team' OR m.audience = 'client')
  JOIN workspace w ON w.id = 1
 WHERE (w.receipts = 'on' OR (w.receipts = 'team' AND m.side = 'team')) AND m.deleted_at IS NULL
   AND (y.near = 1 OR EXISTS (SELECT 1 FROM notices n WHERE n.message_id = m.id AND n.person_id = y.person_id))
   AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.id = m.id AND o.author_id = y.person_id)
   AND NOT EXISTS (SELECT 1 FROM reading_marks r WHERE r.thread_id = m.thread_id AND r.person_id = y.person_id AND r.seq >= m.seq)`,

	// What became of the mails that told of a message, as far as the workspace lets
	// it be known. That there is none, or not yet, and what the mail server said of
	// an address, is for the team.
	"my_deliveries": `
SELECT m.id AS message_id, n.person_id, n.id AS notice_id,
       CASE WHEN x.state IN ('sent', 'failed') THEN x.state WHEN m.side <> 'team' OR (x.id IS NULL AND n.mail_id <> '') THEN ''
            WHEN n.mail = '' OR x.state IN ('kept', 'dropped') OR (x.id IS NULL AND n.read_at IS NOT NULL) THEN 'none' ELSE 'waiting' END AS state,
       CASE WHEN m.side = 'team' THEN COALESCE(x.reason, '') WHEN x.state = 'sent' AND SUBSTR(x.reason, 1, 8) = 'delayed/' THEN 'delayed/' ELSE '' END AS reason, x.sent_at, m.side, m.rights
  FROM my_messages m
  JOIN notices n ON n.message_id = m.id
  LEFT JOIN mails x ON x.id = n.mail_id
  JOIN workspace w ON w.id = 1
 WHERE (w.receipts = 'on' OR (w.receipts = 'team' AND m.side = 'team'))`,

	// Who reads a thread, as far as the actor may know them: all for the team,
	// their colleagues and the shown team for clients. Shows says whether they
	// see what is for the client in it, near whether it is their work.
	"my_thread_people": `
SELECT t.id AS thread_id, x.actor AS person_id, a.name, x.side AS person_side, x.rights AS given, t.client_name,
       CASE WHEN x.side = 'client' OR pt.person_id IS NOT NULL THEN 1 ELSE 0 END AS near, t.side, t.rights
  FROM my_threads t
  JOIN project_grants x ON x.project_id = t.project_id
  JOIN persons a ON a.id = x.actor
  LEFT JOIN project_team pt ON pt.project_id = t.project_id AND pt.person_id = x.actor
 WHERE x.side = 'team' AND (t.side = 'team' OR (pt.shown = 1 AND (t.sections & 4096) <> 0))
    OR x.side = 'client' AND t.audience = 'client' AND (t.side = 'client' OR ` + clientReads + `)
UNION ALL
SELECT t.id, x.actor, a.name, x.side, x.rights, t.client_name,
       CASE WHEN x.side = 'client' OR ct.person_id IS NOT NULL THEN 1 ELSE 0 END, t.side, t.rights
  FROM my_threads t
  JOIN client_grants x ON x.client_id = t.client_id
  JOIN persons a ON a.id = x.actor
  LEFT JOIN client_team ct ON ct.client_id = t.client_id AND ct.person_id = x.actor
 WHERE t.kind = 'general'
   AND (x.side = 'team' AND (t.side = 'team' OR (ct.person_id IS NOT NULL AND (t.sections & 4096) <> 0))
     OR x.side = 'client' AND (t.client_shows & 64) <> 0)
UNION ALL
SELECT t.id, i.person_id, a.name, COALESCE(x.side, 'team'), COALESCE(x.rights, 511), t.client_name, 1, t.side, t.rights
  FROM my_threads t
  JOIN thread_people i ON i.thread_id = t.id
  JOIN persons a ON a.id = i.person_id
  LEFT JOIN client_grants x ON x.client_id = t.client_id AND x.actor = i.person_id
  LEFT JOIN team_members k ON k.person_id = i.person_id AND k.removed_at IS NULL
 WHERE t.kind = 'direct' AND ` + stillSeated("t.client_shows") + `
   AND (t.side = 'team' OR k.person_id IS NULL OR (t.sections & 4096) <> 0)`,

	// Who would read what is said in a project, as far as the actor may know
	// them, with what is shown to those of the client.
	"my_project_readers": `
SELECT p.id AS project_id, x.actor AS person_id, a.name, x.side AS person_side, x.rights AS given, c.name AS client_name, x.sections AS shows,
       CASE WHEN x.side = 'client' OR pt.person_id IS NOT NULL THEN 1 ELSE 0 END AS near, p.side, p.rights
  FROM my_places p
  JOIN clients c ON c.id = p.client_id
  JOIN project_grants x ON x.project_id = p.id
  JOIN persons a ON a.id = x.actor
  LEFT JOIN project_team pt ON pt.project_id = p.id AND pt.person_id = x.actor
 WHERE x.side = 'client' OR p.side = 'team' OR (pt.shown = 1 AND (p.sections & 4096) <> 0)`,

	// The same of a client's general conversation, which need not be there yet.
	"my_client_readers": `
SELECT g.client_id, x.actor AS person_id, a.name, x.side AS person_side, x.rights AS given, c.name AS client_name,
       ` + clientShows + ` AS shows,
       CASE WHEN x.side = 'client' OR ct.person_id IS NOT NULL THEN 1 ELSE 0 END AS near, g.side, g.rights
  FROM client_grants g
  JOIN clients c ON c.id = g.client_id
  JOIN workspace w ON w.id = 1
  JOIN client_grants x ON x.client_id = g.client_id
  JOIN persons a ON a.id = x.actor
  LEFT JOIN client_team ct ON ct.client_id = g.client_id AND ct.person_id = x.actor
 WHERE g.actor = $1
   AND (x.side = 'client' OR g.side = 'team' OR (ct.person_id IS NOT NULL AND (` + clientShows + ` & 4096) <> 0))`,

	// Who is called so, of all people there are: whom a text names is found by it, and then
	// looked for among those who read it.
	"my_namesakes": `
SELECT a.id AS person_id, LOWER(a.name) AS called FROM persons a WHERE $1 <> ''`,

	// Whom the actor may talk to in the frame of a client: for the team its people and
	// the team that sees it, for clients their colleagues and the team that they are shown
	// in a project; without a client, the team among itself. All of them read what they
	// are sent.
	"my_known": `
SELECT y.client_id, y.person_id, y.name, y.person_side, y.client_name, y.side, y.rights
  FROM my_client_readers y JOIN persons a ON a.id = y.person_id AND a.disabled_at IS NULL
 WHERE y.person_side = 'client' AND (y.shows & 64) <> 0 OR y.person_side = 'team' AND y.side = 'team'
UNION
SELECT p.client_id, m.person_id, m.name, 'team', ` + clientName + `, 'client', 0
  FROM my_places p JOIN my_project_team m ON m.project_id = p.id JOIN persons a ON a.id = m.person_id AND a.disabled_at IS NULL WHERE p.side = 'client'
UNION
SELECT '', m.person_id, m.name, 'team', '', m.side, m.rights
  FROM my_team m JOIN persons a ON a.id = m.person_id AND a.disabled_at IS NULL WHERE m.removed_at IS NULL AND m.accepted_at IS NOT NULL`,

	// What the actor was about to say.
	"my_drafts": `
SELECT d.place, d.subject, d.body, d.revision, d.saved_at FROM drafts d WHERE d.person_id = $1`,

	// Comments that were not sent: the actor's own, and those that colleagues at a
	// client who may comment share with them, who leads them. Whoever looks at the
	// portal as somebody is nobody's colleague.
	"my_unsent_comments": `
SELECT d.id, d.version_id, d.person_id, a.name AS person_name, CASE WHEN d.person_id = $1 THEN 1 ELSE 0 END AS own,
       d.place, d.body, d.created_at, d.saved_at, d.shared_at, d.revision, v.file_id, v.project_id, v.side, v.rights
  FROM unsent_comments d JOIN my_versions v ON v.id = d.version_id
  JOIN persons a ON a.id = d.person_id
 WHERE d.person_id = $1
    OR (d.shared_at IS NOT NULL AND v.side = 'client' AND (v.rights & 132) = 132 AND SUBSTR($1, 1, 4) = 'per_'
        AND EXISTS (SELECT 1 FROM project_grants x WHERE x.actor = d.person_id AND x.project_id = v.project_id AND x.side = 'client' AND (x.rights & 4) <> 0))`,

	// Who decides for the actor, where they still belong.
	"my_deputies": `
SELECT d.client_id, ` + clientNameOf("d.client_id") + ` AS client_name, d.deputy_id, ` + nameOf("d.deputy_id") + ` AS deputy_name, d.from_on, d.to_on, COALESCE(NULLIF(c.time_zone, ''), w.time_zone) AS zone
  FROM deputies d JOIN client_grants g ON g.client_id = d.client_id AND g.actor = d.person_id JOIN clients c ON c.id = d.client_id JOIN workspace w ON w.id = 1 WHERE d.person_id = $1`,

	// In which direct conversations the actor is.
	"my_seats": `
SELECT i.thread_id FROM thread_people i WHERE i.person_id = $1`,

	"my_feeds": `
SELECT f.* FROM calendar_feeds f WHERE f.person_id = $1`,

	"my_visits": `
SELECT v.* FROM visits v WHERE v.person_id = $1`,

	// When the actor was last shut out of something.
	"my_losses": `
SELECT o.at FROM shut_out o WHERE o.person_id = $1`,

	// Who has seen an item, for the team.
	"my_seen": `
SELECT s.item_id, s.person_id, s.first_at, s.last_at, a.name, i.project_id, i.side, i.rights
  FROM (SELECT id, project_id, side, rights FROM my_updates
        UNION ALL SELECT id, project_id, side, rights FROM my_deliverables
        UNION ALL SELECT id, project_id, side, rights FROM my_milestones
        UNION ALL SELECT id, project_id, side, rights FROM my_tasks
        UNION ALL SELECT id, project_id, side, rights FROM my_folders
        UNION ALL SELECT id, project_id, side, rights FROM my_files) i
  JOIN seen s ON s.item_id = i.id
  JOIN persons a ON a.id = s.person_id
 WHERE i.side = 'team'`,
}

// Names are subqueries rather than joins: a list that reads none, or shows the
// first of many, does not look for them.

var (
	projectName = projectNameOf(`p.id`)
	clientName  = clientNameOf(`p.client_id`)
)

func projectNameOf(id string) string {
	return `(SELECT o.name FROM projects o WHERE o.id = ` + id + `)`
}
func clientNameOf(id string) string { return `(SELECT o.name FROM clients o WHERE o.id = ` + id + `)` }

// lastCameBack is 1 of an invitation i whose last mail could not be delivered.
func lastCameBack(kind string) string {
	return `CASE WHEN (SELECT q.state FROM mails q WHERE q.subject_id = i.id AND q.kind = '` + kind + `' ORDER BY q.id DESC LIMIT 1) = 'failed' THEN 1 ELSE 0 END`
}

func nameOf(who string) string { return `(SELECT n.name FROM persons n WHERE n.id = ` + who + `)` }

// calledThen is what somebody was called at a time, as the last event of theirs about
// a subject up to then keeps it; where none does, which they did not always, as today.
func calledThen(who, subject, at string) string {
	return `COALESCE((SELECT h.called FROM events h WHERE h.subject = ` + subject + ` AND h.at <= ` + at + ` AND h.actor = ` + who + ` AND h.called <> '' ORDER BY h.at DESC LIMIT 1), ` + nameOf(who) + `)`
}

// stillNamed is true of a notice n whose reader was named in the message, or in one
// of those that were sent at once, and still is.
func stillNamed(n string) string {
	return n + `.named = 1 AND (EXISTS (SELECT 1 FROM mentions q WHERE q.message_id = ` + n + `.message_id AND q.person_id = ` + n + `.person_id)
    OR ` + n + `.message_id IS NULL AND EXISTS (SELECT 1 FROM events s JOIN threads h ON h.item_id = s.subject AND h.created_at = s.at
        JOIN messages o ON o.thread_id = h.id AND o.deleted_at IS NULL JOIN mentions q ON q.message_id = o.id
       WHERE s.id = ` + n + `.event_id AND q.person_id = ` + n + `.person_id AND q.revision = 1))`
}

// subjectSeen is true of an event e when its reader sees what it is about: nobody is
// told of what was deleted or hidden since, nor that feedback came of which nothing is
// left.
const subjectSeen = `CASE SUBSTR(e.subject, 1, 4)
         WHEN 'upd_' THEN EXISTS (SELECT 1 FROM my_updates i WHERE i.id = e.subject)
         WHEN 'mst_' THEN EXISTS (SELECT 1 FROM my_milestones i WHERE i.id = e.subject)
         WHEN 'tsk_' THEN EXISTS (SELECT 1 FROM my_tasks i WHERE i.id = e.subject)
         WHEN 'dlv_' THEN EXISTS (SELECT 1 FROM my_deliverables i WHERE i.id = e.subject)
         WHEN 'fol_' THEN EXISTS (SELECT 1 FROM my_folders i WHERE i.id = e.subject)
         WHEN 'fil_' THEN EXISTS (SELECT 1 FROM my_files i WHERE i.id = e.subject)
         WHEN 'frq_' THEN EXISTS (SELECT 1 FROM my_file_requests i WHERE i.id = e.subject)
         WHEN 'apr_' THEN EXISTS (SELECT 1 FROM my_approvals i WHERE i.id = e.subject)
         WHEN 'rev_' THEN EXISTS (SELECT 1 FROM my_revisions i WHERE i.id = e.subject)
         WHEN 'sgn_' THEN EXISTS (SELECT 1 FROM my_signoffs i WHERE i.id = e.subject)
         ELSE e.subject = e.project_id END
   AND (e.kind <> 'feedback_sent' OR EXISTS (SELECT 1 FROM threads h JOIN messages o ON o.thread_id = h.id
         WHERE h.item_id = e.subject AND h.created_at = e.at AND o.deleted_at IS NULL))`

// readAsText are the kinds that are shown as they are written.
const readAsText = `'text', 'code', 'markdown', 'csv'`

// seenHere is whether all of a version can be looked at here without the file itself: a
// text to its end, a picture, or each page of a document.
func seenHere(v string) string {
	return `(` + v + `.whole = 1 AND CASE
     WHEN ` + v + `.kind IN ('image', 'svg') THEN EXISTS (SELECT 1 FROM previews l WHERE l.version_id = ` + v + `.id AND l.kind = 'large')
     WHEN ` + v + `.kind IN ('pdf', 'office') THEN ` + v + `.pages > 0 AND (SELECT COUNT(*) FROM previews l WHERE l.version_id = ` + v + `.id AND l.kind = 'page') >= ` + v + `.pages
     ELSE ` + v + `.kind IN (` + readAsText + `) END)`
}

// comesHere is whether what is missing of a version to look at is still being made.
func comesHere(v string) string {
	return `(` + v + `.kind IN (` + readAsText + `, 'image', 'svg', 'pdf', 'office') AND (` + v + `.preview = 'waiting' OR ` + v + `.whole = 1 AND ` + v + `.next_page > 0))`
}

// hiddenFrom is whether whom a grant g of a client's is given to can neither look at all
// of a version v nor have it.
var hiddenFrom = `(v.scan IN ('waiting', 'infected') OR NOT ` + seenHere("v") + ` AND ((g.rights & 2) = 0 OR ` + withheld + `))`

// hiddenOnce is whether a version v, of which not all can be looked at, can be had by
// nobody of the client's once they are asked in an approval a.
var hiddenOnce = `(a.download = 0 AND NOT ` + seenHere("v") + `)`

// clientWork is whether the client of a grant is the work of whom it is given to, also
// where they stand in: for all of a client what my_client_work, which begins with the
// actor, has for one.
func clientWork(g string) string {
	return g + `.side = 'team' AND (EXISTS (SELECT 1 FROM client_team j WHERE j.client_id = ` + g + `.client_id AND j.person_id = ` + g + `.actor)
    OR EXISTS (SELECT 1 FROM clients j WHERE j.id = ` + g + `.client_id AND j.contact_id = ` + g + `.actor)
    OR ` + standsIn(g, "''") + `)`
}

// standsIn is whether whom a grant is given to stands in for the project, or, where
// that is empty, for the client.
func standsIn(g, project string) string {
	return `EXISTS (SELECT 1 FROM stand_ins j WHERE j.actor = ` + g + `.actor AND j.client_id = ` + g + `.client_id AND j.project_id = ` + project + `)`
}

// shownPerson is who somebody is for the readers of the project p: clients are
// told of the team where its names are shown.
func shownPerson(who string) string { return `CASE WHEN ` + mayName(who) + ` THEN ` + who + ` END` }

// shownName is the name of shownPerson.
func shownName(who string) string {
	return `CASE WHEN ` + mayName(who) + ` THEN ` + nameOf(who) + ` END`
}

func mayName(who string) string {
	return `(p.sections & 4096) <> 0 OR NOT EXISTS (SELECT 1 FROM team_members n WHERE n.person_id = ` + who + `)`
}

// Of a thread t with the place g of its project, or the grant k on its client
// c: the actor's side, what its client is shown, what the actor is, and the
// actor's rights. Whoever of the team is in a direct conversation writes there,
// and nobody does in one that is deserted.
var (
	threadSide     = `COALESCE(g.side, k.side, CASE WHEN t.client_id IS NULL THEN 'team' END)`
	clientShows    = `COALESCE((w.sections & ~c.sections_set) | (c.sections & c.sections_set), 0)`
	threadSections = `COALESCE(g.sections, CASE WHEN k.side = 'client' THEN ` + clientShows + ` ELSE 16383 END)`
	threadRights   = `COALESCE(g.rights, COALESCE(CASE WHEN c.archived_at IS NOT NULL THEN (k.rights & 1539) WHEN t.kind = 'direct' AND k.side = 'team' THEN (k.rights | 256) ELSE k.rights END, 511) & CASE WHEN ` + deserted + ` THEN ~264 ELSE ~0 END)`
)

// actorPerson is who the actor is, who may be a client user whose view is looked at.
const actorPerson = `COALESCE((SELECT v.person_id FROM client_users v WHERE v.id = $1), $1)`

// unreadIn are the messages o of others in a thread t that the actor, one of a client's
// people, has not read.
var unreadIn = `FROM messages o WHERE o.thread_id = t.id AND o.seq > ` + markOf("t") + ` AND o.audience = 'client' AND o.deleted_at IS NULL AND o.author_id <> ` + actorPerson

// deserted is true of a direct thread t that nobody but the actor reads any more, or
// nobody until they are let in again.
var deserted = `t.kind = 'direct' AND NOT EXISTS (SELECT 1 FROM thread_people i WHERE i.thread_id = t.id AND i.person_id <> $1 AND ` + stillSeated(clientShows) + `)`

// stillSeated is true of a place i in a direct thread t, whose client is shown what
// shows says, while the person who has it reads the thread.
func stillSeated(shows string) string {
	return `(CASE WHEN t.client_id IS NULL THEN EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = i.person_id AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL)
         ELSE EXISTS (SELECT 1 FROM client_grants o WHERE o.client_id = t.client_id AND o.actor = i.person_id AND (o.side = 'team' OR (` + shows + ` & 64) <> 0)) END
    AND EXISTS (SELECT 1 FROM persons o WHERE o.id = i.person_id AND o.disabled_at IS NULL))`
}

// clientReads is true of a thread t of a project when those of its client with
// the grant x see what is for them in it.
var clientReads = `CASE WHEN t.kind <> 'item' THEN (x.sections & 64) <> 0 ` + itemSeen("x") + ` END`

// itemSeen tells, as branches of a CASE, by its kind whether the item that a
// thread t is about is seen from a place in its project.
func itemSeen(place string) string {
	one := func(prefix, table string, sections int) string {
		return `WHEN SUBSTR(t.item_id, 1, 4) = '` + prefix + `_' THEN EXISTS (SELECT 1 FROM ` + table + ` i WHERE i.id = t.item_id AND ` + seenFrom(place, "i", sections) + `) `
	}
	return one("tsk", "tasks", 16) + one("dlv", "deliverables", 8) + one("mst", "milestones", 6) + one("upd", "updates", 1) +
		`WHEN t.version_id IS NULL THEN EXISTS (SELECT 1 FROM files i WHERE i.id = t.item_id AND i.trashed_at IS NULL AND ` + seenFrom(place, "i", 32) + `)
            ELSE EXISTS (SELECT 1 FROM versions v JOIN files i ON i.id = v.file_id WHERE v.id = t.version_id AND i.id = t.item_id AND i.trashed_at IS NULL AND ` + seenFrom(place, "i", 32) + ` AND ` + seenFrom(place, "v", 32) + `)`
}

// seenFrom is true of an item, or a version, that is seen from a place in its
// project: by the team, and when it was shown by the client in any of the
// sections.
func seenFrom(place, item string, sections int) string {
	return fmt.Sprintf(`(%[1]s.side = 'team' OR (%[2]s.audience = 'client' AND (%[1]s.sections & %[3]d) <> 0))`, place, item, sections)
}

// linkLeads joins to a share link s what it leads to: the version that it names,
// or the newest that the client sees.
const linkLeads = `JOIN files f ON f.id = s.file_id
  JOIN projects p ON p.id = s.project_id
  JOIN clients c ON c.id = p.client_id
  JOIN workspace w ON w.id = 1
  LEFT JOIN versions v ON v.id = COALESCE(s.version_id, f.shown_id)`

// linkOpens is true while the workspace allows share links, the client sees the
// file and the version, nothing harmful was found in it, and who made the link
// might make it today.
const linkOpens = `(w.share_links = 1 AND f.trashed_at IS NULL AND f.audience = 'client' AND v.audience = 'client' AND v.scan NOT IN ('waiting', 'infected')
   AND p.shared_at IS NOT NULL AND p.archived_at IS NULL AND c.portal_since IS NOT NULL AND c.archived_at IS NULL
   AND (((((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) & ~p.sections_set) | (p.sections & p.sections_set)) & 32) <> 0
   AND EXISTS (SELECT 1 FROM project_grants g JOIN persons k ON k.id = g.actor AND k.disabled_at IS NULL
                WHERE g.actor = s.created_by AND g.project_id = s.project_id AND g.side = 'team' AND (g.rights & 256) <> 0))`

// rightsOn are the rights on a version v in the project p.
const rightsOn = `CASE WHEN p.side = 'client' AND ` + withheld + ` THEN (p.rights & ~2) ELSE p.rights END`

// withheld is true of a version v that its client may not have before they have approved
// it, whatever else they or the time answered. Of several approvals the last that they
// were shown counts.
const withheld = `EXISTS (SELECT 1 FROM approval_subjects s JOIN approvals a ON a.id = s.approval_id
            WHERE s.version_id = v.id AND a.download = 0 AND a.shown_at IS NOT NULL AND a.state NOT IN ('approved', 'approved_with_notes', 'cancelled')
              AND NOT EXISTS (SELECT 1 FROM approval_subjects n JOIN approvals b ON b.id = n.approval_id
                               WHERE n.version_id = v.id AND b.id > a.id AND b.shown_at IS NOT NULL))`

// versionSQL are the columns of a version v in the project p.
var versionSQL = `CASE WHEN p.side = 'team' THEN v.number ELSE COALESCE(v.shown_number, 0) END AS number, COALESCE(v.shown_number, 0) AS shown_number,
       v.audience AS version_audience, v.sha256, v.kind, v.type, v.note, CASE WHEN p.side = 'team' THEN v.restored_from END AS restored_from,
       ` + shownPerson("v.created_by") + ` AS version_by,
       ` + shownName("v.created_by") + ` AS version_by_name,
       v.scan, v.scan_found, v.preview, v.width, v.height, v.pages, v.duration_ms, v.blob, CASE WHEN ` + comesHere("v") + ` THEN 1 ELSE 0 END AS coming`

// sharedDraft is the condition for what a colleague d.person_id has not sent of a
// version v of a file f, and shares with those who lead in the place p.
const sharedDraft = `p.side = 'client' AND (p.rights & 132) = 132 AND (p.sections & 32) <> 0 AND SUBSTR($1, 1, 4) = 'per_' AND d.person_id <> $1
   AND f.trashed_at IS NULL AND f.audience = 'client' AND v.audience = 'client'
   AND EXISTS (SELECT 1 FROM project_grants x WHERE x.actor = d.person_id AND x.project_id = f.project_id AND x.side = 'client' AND (x.rights & 4) <> 0)`

// subjectsShown is true of an approval a whose client, with the place p in its
// project, sees all that it is about. What was deleted since stays known.
const subjectsShown = `NOT EXISTS (SELECT 1 FROM approval_subjects s JOIN files f ON f.id = s.file_id JOIN versions v ON v.id = s.version_id
         WHERE s.approval_id = a.id AND (f.audience <> 'client' OR v.audience <> 'client' OR (p.sections & 32) = 0))
   AND (a.deliverable_id IS NULL OR ((p.sections & 8) <> 0 AND EXISTS (SELECT 1 FROM deliverables d WHERE d.id = a.deliverable_id AND d.audience = 'client')))`

// revisionSeen is true of a revision request r whose client, with the place p in
// its project, sees what it is about. What was deleted since stays known.
const revisionSeen = `CASE WHEN r.approval_id IS NOT NULL THEN EXISTS (SELECT 1 FROM approvals a WHERE a.id = r.approval_id AND a.shown_at IS NOT NULL AND ` + subjectsShown + `)
         ELSE (p.sections & 32) <> 0 AND EXISTS (SELECT 1 FROM versions x JOIN files y ON y.id = x.file_id WHERE x.id = r.version_id AND x.audience = 'client' AND y.audience = 'client') END`

// doneSeen is true of the version d of the file e that answers a change, when the
// reader of its request r, one of the client, sees it.
const doneSeen = `((r.sections & 32) <> 0 AND d.audience = 'client' AND e.audience = 'client' AND e.trashed_at IS NULL)`

// signoffSeen is true of a sign-off s whose client, with the place p in its
// project, sees what it is about.
const signoffSeen = `CASE SUBSTR(s.subject_id, 1, 4)
         WHEN 'dlv_' THEN (p.sections & 8) <> 0 AND EXISTS (SELECT 1 FROM deliverables d WHERE d.id = s.subject_id AND d.audience = 'client')
         WHEN 'mst_' THEN (p.sections & 6) <> 0 AND EXISTS (SELECT 1 FROM milestones m WHERE m.id = s.subject_id AND m.audience = 'client')
         ELSE s.subject_id = p.id END`

// callSeen is true of what was said by phone, k, for a reader of its approval a:
// before it is confirmed it is between the team and who said it, and what the team
// took back is its own.
const callSeen = `(a.side = 'team' OR k.state <> 'withdrawn' AND k.person_id IN ($1, (SELECT v.person_id FROM client_users v WHERE v.id = $1)))`

// byPhone says of a decision d in an approval a when it was said by phone, and who
// noted that, where its person confirmed it.
var byPhone = `(SELECT k.said_at FROM approval_calls k WHERE k.id = d.call_id) AS said_at,
       CASE WHEN (a.sections & 4096) <> 0 THEN (SELECT ` + calledThen("k.noted_by", "k.approval_id", "k.noted_at") + ` FROM approval_calls k WHERE k.id = d.call_id) END AS noted_by_name`

// subjectNewest is 1 of a subject s of an approval a while its version is the
// newest of its file f: that the client sees, once the client was asked.
const subjectNewest = `CASE WHEN f.trashed_at IS NULL AND s.version_id = CASE WHEN a.shown_at IS NULL THEN f.latest_id ELSE f.shown_id END THEN 1 ELSE 0 END`

// lastDay is the last day on which an approval a takes answers, and in which time zone:
// lapsedBy says whether it is past.
const lastDay = `CASE WHEN a.expires_on IS NOT NULL THEN a.expires_on || ' ' || COALESCE(NULLIF((SELECT k.time_zone FROM clients k WHERE k.id = a.client_id), ''), (SELECT w.time_zone FROM workspace w WHERE w.id = 1)) END`

// approvalsFrom are approvals a, for those for whom who holds, in what is told of
// their client and lane.
func approvalsFrom(join, client, lane, who string) string {
	return `
SELECT a.id, a.project_id, a.deliverable_id, a.title, a.title_key, a.body, a.checklist, a.download, a.state, a.state_at, a.turn, a.turn_since, a.shown_at, a.content, a.about, a.round,
       CASE WHEN (p.sections & 2048) <> 0 THEN a.due_on END AS due_on, a.due_key, CASE WHEN p.side = 'team' THEN a.due_in ELSE 0 END AS due_in,
       CASE WHEN (p.sections & 2048) <> 0 THEN a.expires_on END AS expires_on, a.asking,
       ` + lastDay + ` AS last_day,
       CASE WHEN p.side = 'team' THEN a.stage ELSE 0 END AS stage,
       ` + lane + ` AS lane,
       (SELECT o.id FROM approvals o WHERE o.id = a.previous_id AND (p.side = 'team' OR o.shown_at IS NOT NULL)) AS previous_id,
       (SELECT MAX(o.id) FROM approvals o WHERE o.previous_id = a.id AND o.state <> 'cancelled' AND (p.side = 'team' OR o.shown_at IS NOT NULL)) AS next_id,
       CASE WHEN p.side = 'team' THEN a.remind ELSE 0 END AS remind, CASE WHEN p.side = 'team' THEN a.remind_at END AS remind_at, CASE WHEN p.side = 'team' THEN a.reminded_at END AS reminded_at, CASE WHEN p.side = 'team' THEN a.stranded_at END AS stranded_at, a.escalated_at,
       CASE WHEN a.asking = 1 AND EXISTS (SELECT 1 FROM approval_people x WHERE x.approval_id = a.id AND x.stage = a.stage AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL
            AND x.person_id IN ($1, (SELECT v.person_id FROM client_users v WHERE v.id = $1))) THEN 1 ELSE 0 END AS waits,
       CASE WHEN a.asking = 1 AND EXISTS (SELECT 1 FROM approval_people x WHERE x.approval_id = a.id AND x.stage = a.stage AND x.role = 'adviser' AND x.decision_id IS NULL
            AND x.person_id = $1) THEN 1 ELSE 0 END AS advises,
       (SELECT COUNT(*) FROM approval_subjects s WHERE s.approval_id = a.id) AS files,
       CASE WHEN p.side = 'team' THEN a.created_at ELSE COALESCE(a.shown_at, a.created_at) END AS created_at, CASE WHEN p.side = 'team' THEN a.created_by END AS created_by,
       CASE WHEN (p.sections & 4096) <> 0 THEN ` + nameOf("a.created_by") + ` END AS asked_by, CASE WHEN (p.sections & 4096) <> 0 THEN ` + calledThen("a.created_by", "a.id", "a.shown_at") + ` END AS asked_by_then,
       ` + shownName("a.state_by") + ` AS state_by_name, CASE WHEN ` + mayName("a.state_by") + ` THEN ` + calledThen("a.state_by", "a.id", "a.state_at") + ` END AS state_by_then,
       a.revision, ` + projectName + ` AS project_name, ` + client + ` AS client_id, ` + clientName + ` AS client_name, p.side, p.rights, p.sections
  FROM ` + join + `
 WHERE ` + who
}

// seenFiles are files with one of their versions, for those for whom who holds.
// How files and projects are joined says in which order they are read.
func seenFiles(join, version, at, size, who string) string {
	return `
SELECT f.id, f.project_id, COALESCE(f.folder_id, '') AS folder_id, f.name, f.name_key, f.audience, f.origin, f.shown_at, f.created_at, f.pinned_at, f.revision,
       ` + shownPerson("f.created_by") + ` AS created_by,
       ` + shownName("f.created_by") + ` AS created_by_name,
       ` + version + ` AS version_id, ` + at + ` AS at, ` + size + ` AS size,
       CASE WHEN p.side = 'team' THEN v.number ELSE (SELECT COUNT(*) FROM versions o WHERE o.file_id = f.id AND o.audience = 'client') END AS versions,
       ` + versionSQL + `,
       f.client_id, ` + projectName + ` AS project_name, ` + clientName + ` AS client_name, p.side, ` + rightsOn + ` AS rights, p.sections
  FROM ` + join + `
  JOIN versions v ON v.id = ` + version + `
 WHERE f.trashed_at IS NULL AND ` + who
}

var mine = regexp.MustCompile(`\bmy_[a-z_]+\b`)

// expanded maps a query as written to the query as run.
var expanded sync.Map

// expand puts the definitions a query names before it. It fails for a query
// that names none: every read goes through what its actor may see.
func expand(q string) (string, error) {
	if s, ok := expanded.Load(q); ok {
		return s.(string), nil
	}
	var names []string // dependencies first
	var visit func(string) error
	visit = func(text string) error {
		for _, n := range mine.FindAllString(text, -1) {
			if slices.Contains(names, n) {
				continue
			}
			def, ok := definitions[n]
			if !ok {
				return fmt.Errorf("query names %s, which has no definition", n)
			}
			if err := visit(def); err != nil {
				return err
			}
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
		return nil
	}
	if err := visit(q); err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", fmt.Errorf("query without a scope: %.60q", q)
	}
	var b strings.Builder
	b.WriteString("WITH ")
	if rest, ok := strings.CutPrefix(strings.TrimSpace(q), "WITH RECURSIVE "); ok {
		b.WriteString("RECURSIVE ")
		q = ", " + rest
	} else if rest, ok := strings.CutPrefix(strings.TrimSpace(q), "WITH "); ok {
		q = ", " + rest
	}
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n + " AS NOT MATERIALIZED (" + definitions[n] + ")")
	}
	b.WriteString("\n" + q)
	expanded.Store(q, b.String())
	return b.String(), nil
}

func (me *Scope) clock() time.Time { return me.p.now() }

// query reads rows the actor may see. $1 is the actor; args follow.
func (me *Scope) query(ctx context.Context, q string, args ...any) (*db.Rows, error) {
	return me.long(me.p.db.Brief(ctx), q, args...)
}

// long is query for what may take its time: it ends when its caller leaves.
func (me *Scope) long(ctx context.Context, q string, args ...any) (*db.Rows, error) {
	full, err := expand(q)
	if err != nil {
		return nil, err
	}
	return me.p.db.Query(ctx, full, append([]any{me.actor.id}, args...)...)
}

// get reads one row into dest, or says ErrNotFound.
func (me *Scope) get(ctx context.Context, q string, args []any, dest ...any) error {
	full, err := expand(q)
	if err != nil {
		return err
	}
	return notFound(me.p.db.QueryRow(me.p.db.Brief(ctx), full, append([]any{me.actor.id}, args...)...).Scan(dest...))
}

// notFound turns "no rows" into ErrNotFound.
func notFound(err error) error {
	if err == db.ErrNoRows {
		return ErrNotFound
	}
	return err
}

// list collects what scan reads from each row.
func list[T any](rows *db.Rows, err error, scan func(*db.Rows) (T, error)) (all []T, _ error) {
	err = everyRow(rows, err, func() error {
		v, err := scan(rows)
		if err == nil {
			all = append(all, v)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// scanOne reads a row of one text or id.
func scanOne[T ~string](rows *db.Rows) (v T, err error) { return v, rows.Scan(&v) }

// everyRow is what list does with rows of any type: the compiler copies it for none.
func everyRow(rows *db.Rows, err error, row func() error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(); err != nil {
			return err
		}
	}
	return rows.Err()
}
