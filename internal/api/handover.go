package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vitrine-portal/vitrine/internal/handover"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

type packAsked struct {
	exchange
	ID     string              `path:"id" maxLength:"64" doc:"The project."`
	Person portal.ClientUserID `query:"person" maxLength:"64" doc:"For the team: of which client user it is to be."`
}

// handovers is a change, as it is recorded who took what.
func (s *server) handovers() {
	o := operation(http.MethodPost, "/api/projects/{id}/handover", "take-handover", "All that one of the client's people may keep of a project, as a ZIP: the client's own, or, for the team, somebody's", http.StatusOK)
	o.Errors = append(o.Errors, 413, 503)
	o.Responses = map[string]*huma.Response{"200": {Description: "The archive; it breaks off when it may not be had any more.", Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	huma.Register(s.huma, o, s.takeHandover)
}

func (s *server) takeHandover(ctx context.Context, in *packAsked) (*huma.StreamResponse, error) {
	me := me(ctx)
	theirs, p, err := me.Handover(ctx, portal.ProjectID(in.ID), in.Person, func(theirs *portal.Scope, p portal.Project) error { return handover.Fits(ctx, theirs, p) })
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	brand, err := s.Portal.Brand(ctx)
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	pack := &handover.Pack{Theirs: theirs, Project: p, Name: brand.Name, Portal: s.BaseURL.String(), Book: s.book, Now: s.Portal.Now(), Bytes: s.Bytes,
		Took: func(st portal.Stored) { me.LogDownload(st, "zip") },
		Damaged: func(err error) {
			s.Log.Error("a handover pack lacks something", "project", in.ID, "error", err.Error())
		},
		Still: handover.NowAndThen(func(ctx context.Context) error {
			_, _, err := s.Accounts.ByToken(ctx, strings.TrimPrefix(in.r.Header.Get("Authorization"), "Bearer "))
			if err == nil {
				err = me.HandsOver(ctx, portal.ProjectID(in.ID), in.Person)
			}
			return err
		})}
	return &huma.StreamResponse{Body: func(huma.Context) {
		h := in.w.Header()
		h.Set("Content-Type", "application/zip")
		h.Set("Content-Disposition", transfer.Disposition("attachment", s.book.T("handover.name", "project", p.Name)+".zip"))
		h.Set("Cache-Control", "private, no-store")
		out := transfer.NewPaced(in.w)
		defer out.End()
		if err := pack.Write(ctx, out); err != nil {
			if ctx.Err() == nil && !errors.Is(err, handover.ErrEnded) {
				s.Log.Error("a handover pack broke off", "project", in.ID, "error", err.Error())
			}
			panic(http.ErrAbortHandler) // whoever waits must not take it for the whole
		}
	}}, nil
}
