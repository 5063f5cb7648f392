package portal

import (
	"context"
	"strings"
)

// AcceptedVersion is a version that was approved or signed off, as an approval or a
// sign-off names it.
type AcceptedVersion struct {
	Version VersionID
	File    FileID
	Name    string
	Number  int
	SHA256  string
	Size    int64
	Signed  bool // off, and not approved alone
}

const (
	signedAtOnce    = 10 // sign-offs that are read at a time: one can name many versions
	firstOfApproved = "apr_"
)

// AcceptedVersions returns part of those that sign-offs and then approvals of a project
// name, the newest of each first, and the key of the next part. One that several name
// comes with each.
func (me *Scope) AcceptedVersions(ctx context.Context, project ProjectID, after string) (all []AcceptedVersion, next string, err error) {
	after, approved := strings.CutPrefix(after, firstOfApproved)
	if !approved {
		signed, next, err := me.ProjectSignoffs(ctx, project, Page{After: after, Limit: signedAtOnce})
		for _, s := range signed {
			if err != nil || s.State != SignoffDone {
				continue
			}
			var lines []SignoffLine
			lines, err = signedLines(ctx, me, s.ID)
			for _, l := range lines {
				if l.Kind == LineVersion {
					all = append(all, AcceptedVersion{l.Version, FileID(l.Item), l.Title, l.Number, l.SHA256, l.Size, true})
				}
			}
		}
		if next == "" {
			next = firstOfApproved
		}
		return all, next, err
	}
	if after != "" {
		after = firstOfApproved + after
	}
	asked, next, err := me.ProjectApprovals(ctx, project, Page{After: after})
	if err != nil {
		return nil, "", err
	}
	ids := make([]ApprovalID, len(asked))
	for i, a := range asked {
		ids[i] = a.ID
	}
	subjects, err := me.ApprovalSubjects(ctx, ids...)
	for _, s := range subjects {
		if s.Accepted() {
			all = append(all, AcceptedVersion{s.Version, s.File, s.Name, s.Number, s.SHA256, s.Size, false})
		}
	}
	return all, next, err
}

// Accepted reports whether the version was approved.
func (s ApprovalSubject) Accepted() bool { return s.Result == "approved" || s.State.Granted() }

// TakeAccepted hands out such a version, also of a file that was deleted since, as
// DownloadVersion does others.
func (me *Scope) TakeAccepted(ctx context.Context, id VersionID) (Stored, error) {
	return me.stored(ctx, Download, `
SELECT v.blob, v.name, v.type, v.size, v.sha256, v.id, v.file_id, v.project_id, v.created_at, v.scan, v.side, v.rights FROM my_accepted_versions v WHERE v.id = $2 LIMIT 1`, string(id))
}
