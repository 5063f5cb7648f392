package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type shareLink struct {
	ID           portal.ShareLinkID `json:"id" doc:"The share link."`
	Project      portal.ProjectID   `json:"project" doc:"The project its file is in."`
	File         portal.FileID      `json:"file" doc:"The file that it leads to."`
	FileName     string             `json:"file_name" doc:"What the file is called."`
	Version      portal.VersionID   `json:"version,omitempty" doc:"It leads to this version alone; absent when to the newest that the client sees."`
	Number       int                `json:"number,omitempty" doc:"What the version that it leads to now is called by."`
	URL          string             `json:"url,omitempty" doc:"Its address, while it is open, for whoever might have made it. Whoever has it has the file."`
	State        portal.LinkState   `json:"state" enum:"open,expired,used_up,revoked,closed" doc:"Whether it leads to the file. Closed: the client does not see the file now, its maker may not share it, or links are off."`
	Protected    bool               `json:"protected" doc:"By a password."`
	ExpiresAt    time.Time          `json:"expires_at" doc:"When it ends."`
	MaxDownloads int                `json:"max_downloads,omitempty" doc:"How often it can be used; absent when any number of times."`
	Downloads    int                `json:"downloads" doc:"How often it was used."`
	CreatedAt    time.Time          `json:"created_at" doc:"When it was made."`
	CreatedBy    portal.PersonID    `json:"created_by" doc:"Who made it."`
	Name         string             `json:"created_by_name" doc:"Their name."`
	RevokedAt    *time.Time         `json:"revoked_at,omitempty" doc:"When it was ended."`
	RevokedBy    string             `json:"revoked_by_name,omitempty" doc:"The name of who ended it."`
}

func (s *server) shareLinkWire(l portal.ShareLink) shareLink {
	w := shareLink{ID: l.ID, Project: l.Project, File: l.File, FileName: l.FileName, Version: l.Version, Number: l.ShownNumber, State: l.State, Protected: l.Protected,
		ExpiresAt: l.ExpiresAt.UTC(), MaxDownloads: l.MaxDownloads, Downloads: l.Downloads, CreatedAt: l.CreatedAt.UTC(), CreatedBy: l.CreatedBy, Name: l.CreatedByName,
		RevokedAt: moment(l.RevokedAt), RevokedBy: l.RevokedByName}
	if l.Token != "" {
		w.URL = strings.TrimSuffix(s.BaseURL.String(), "/") + "/s/" + l.Token
	}
	return w
}

type newShareLink struct {
	Version      portal.VersionID `json:"version,omitempty" maxLength:"64" doc:"Lead to this version alone, which the client sees; without it, always to the newest."`
	Days         int              `json:"days" minimum:"1" maximum:"90" doc:"For how many days it is good."`
	Password     string           `json:"password,omitempty" maxLength:"1000" doc:"What opens it; without, it opens for whoever has its address."`
	MaxDownloads int              `json:"max_downloads,omitempty" minimum:"0" maximum:"10000" doc:"How often it can be used; without, any number of times."`
}

func (s *server) shareLinks() {
	readAll(s, "/api/share-links", "list-share-links", "The share links of all projects that you see as the team, newest first", func(ctx context.Context, me *portal.Scope, q *struct{ Page }) ([]portal.ShareLink, string, error) {
		return me.ShareLinks(ctx, "", q.portal())
	}, s.shareLinkWire)
	readAll(s, "/api/projects/{id}/share-links", "list-project-share-links", "The share links of a project, newest first; for the team", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.ShareLink, string, error) {
		if err := forTheTeam(me.Project(ctx, portal.ProjectID(q.ID))); err != nil {
			return nil, "", err
		}
		return me.ShareLinks(ctx, portal.ProjectID(q.ID), q.portal())
	}, s.shareLinkWire)
	readAll(s, "/api/files/{id}/share-links", "list-file-share-links", "The share links of a file, newest first; for the team", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.ShareLink, string, error) {
		if err := forTheTeam(me.File(ctx, portal.FileID(q.ID))); err != nil {
			return nil, "", err
		}
		return me.FileShareLinks(ctx, portal.FileID(q.ID), q.portal())
	}, s.shareLinkWire)
	create(s, "/api/files/{id}/share-links", "share-file", "Make a link by which anybody takes the file, where the workspace allows that", func(ctx context.Context, me *portal.Scope, id string, in newShareLink) (portal.ShareLinkID, error) {
		return me.ShareFile(ctx, portal.FileID(id), portal.NewShareLink{Version: in.Version, Password: in.Password,
			ExpiresAt: s.Portal.Now().AddDate(0, 0, in.Days), MaxDownloads: in.MaxDownloads})
	})
	read(s, "/api/share-links/{id}", "share-link", "A share link; for the team", func(ctx context.Context, me *portal.Scope, id string) (shareLink, error) {
		l, err := me.ShareLink(ctx, portal.ShareLinkID(id))
		return s.shareLinkWire(l), err
	})
	act(s, http.MethodDelete, "/api/share-links/{id}", "revoke-share-link", "End it, for good", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.RevokeShareLink(ctx, portal.ShareLinkID(id))
	})
	act(s, http.MethodDelete, "/api/projects/{id}/share-links", "revoke-project-share-links", "End all share links of a project, for good", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.RevokeShareLinks(ctx, portal.ProjectID(id))
	})
}
