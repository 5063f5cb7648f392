package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type attached struct {
	File portal.FileID `json:"file" maxLength:"64" doc:"A file of the same project."`
}

// attachments registers the files in deliverables and in updates.
func (s *server) attachments() {
	for _, kind := range []string{"deliverable", "update"} {
		path := "/api/" + kind + "s/{id}/files"
		// item makes sure that the path is about one of the kind, that the reader sees.
		item := func(ctx context.Context, me *portal.Scope, id string) (portal.ItemID, error) {
			if portal.ItemID(id).Kind() != kind {
				return "", portal.ErrNotFound
			}
			var err error
			if kind == "update" {
				_, err = me.Update(ctx, portal.UpdateID(id))
			} else {
				_, err = me.Deliverable(ctx, portal.DeliverableID(id))
			}
			return portal.ItemID(id), err
		}
		readAll(s, path, "list-"+kind+"-files", "The files in it that you see", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.Attachment, string, error) {
			i, err := item(ctx, me, q.ID)
			if err != nil {
				return nil, "", err
			}
			all, err := me.Attachments(ctx, i)
			return all, "", err
		}, func(a portal.Attachment) file { return fileWire(a.File) })
		change(s, http.MethodPost, path, "attach-to-"+kind, "Put a file into it", func(ctx context.Context, me *portal.Scope, id string, in attached) error {
			i, err := item(ctx, me, id)
			if err != nil {
				return err
			}
			return me.Attach(ctx, i, in.File)
		})
		huma.Register(s.huma, operation(http.MethodDelete, path+"/{file}", "detach-from-"+kind, "Take a file out of it", http.StatusNoContent), func(ctx context.Context, in *struct {
			ID   string        `path:"id" maxLength:"64" doc:"What it is about."`
			File portal.FileID `path:"file" maxLength:"64" doc:"The file."`
		}) (*struct{}, error) {
			i, err := item(ctx, me(ctx), in.ID)
			if err == nil {
				err = me(ctx).Detach(ctx, i, in.File)
			}
			return nil, s.fail(ctx, err)
		})
	}
}
