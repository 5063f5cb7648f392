package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/sentence"
)

type area struct {
	X      float64 `json:"x" doc:"Its left edge, or the point: 0 is the left of the picture or page, 1 its right."`
	Y      float64 `json:"y" doc:"Its upper edge, or the point: 0 is the top, 1 the bottom."`
	Width  float64 `json:"width,omitempty" doc:"As a part of the width."`
	Height float64 `json:"height,omitempty" doc:"As a part of the height."`
}

// Place is where on a version a comment is.
type Place struct {
	Kind    portal.PlaceKind `json:"kind" enum:"pin,region,text,time,range" doc:"On pictures a pin or a region; on documents these, or text; on video and audio a time or a range."`
	Page    int              `json:"page,omitempty" doc:"Of a document; the first is 1."`
	X       float64          `json:"x,omitempty" doc:"The left edge, or the pin: 0 is the left of the picture or page, 1 its right."`
	Y       float64          `json:"y,omitempty" doc:"The upper edge, or the pin: 0 is the top, 1 the bottom."`
	Width   float64          `json:"width,omitempty" doc:"As a part of the width; not of a pin."`
	Height  float64          `json:"height,omitempty" doc:"As a part of the height; not of a pin."`
	Quote   string           `json:"quote,omitempty" maxLength:"500" doc:"The marked text."`
	Lines   []area           `json:"lines,omitempty" maxItems:"100" doc:"Where the marked text stands."`
	From    int64            `json:"from,omitempty" doc:"The time, in milliseconds."`
	Until   int64            `json:"until,omitempty" doc:"The end of a range, in milliseconds."`
	Strokes [][][]float64    `json:"strokes,omitempty" maxItems:"200" doc:"What is drawn over the frame of a video: lines of points, each from the left and from the top; 1,000 points at most."`
}

// placed is the same with what it is called in words.
type placed struct {
	Place
	Text string `json:"text" doc:"The place in words."`
}

func (s *server) placeWire(p *portal.Place) *placed {
	if p == nil {
		return nil
	}
	w := &placed{Place{Kind: p.Kind, Page: p.Page, X: p.X, Y: p.Y, Width: p.Width, Height: p.Height, Quote: p.Quote, From: p.From, Until: p.Until}, sentence.Place(s.book, p)}
	for _, l := range p.Lines {
		w.Lines = append(w.Lines, area(l))
	}
	for _, stroke := range p.Strokes {
		line := make([][]float64, len(stroke))
		for i, at := range stroke {
			line[i] = at[:]
		}
		w.Strokes = append(w.Strokes, line)
	}
	return w
}

// portal is the place, or nil for none.
func (p *Place) portal() (*portal.Place, error) {
	if p == nil {
		return nil, nil
	}
	to := &portal.Place{Kind: p.Kind, Page: p.Page, Area: portal.Area{X: p.X, Y: p.Y, Width: p.Width, Height: p.Height}, Quote: p.Quote, From: p.From, Until: p.Until}
	for _, l := range p.Lines {
		to.Lines = append(to.Lines, portal.Area(l))
	}
	for _, stroke := range p.Strokes {
		line := make([]portal.Point, len(stroke))
		for i, at := range stroke {
			if len(at) != 2 {
				return nil, &portal.Invalid{Fields: map[string]portal.Reason{"strokes": {Key: "place"}}}
			}
			line[i] = portal.Point(at)
		}
		to.Strokes = append(to.Strokes, line)
	}
	return to, nil
}

type unsentComment struct {
	ID        portal.UnsentID  `json:"id" doc:"The comment."`
	Version   portal.VersionID `json:"version" doc:"The version it is on."`
	File      portal.FileID    `json:"file" doc:"The file of that."`
	Author    portal.PersonID  `json:"author" doc:"Who wrote it."`
	Name      string           `json:"author_name" doc:"Their name."`
	Own       bool             `json:"own" doc:"Whether it is yours; else a colleague shared it with you."`
	Place     *placed          `json:"place,omitempty" doc:"Where on the version; absent: on all of it."`
	Body      string           `json:"body" doc:"What it says, in Markdown."`
	CreatedAt time.Time        `json:"created_at" doc:"When it was written."`
	SavedAt   time.Time        `json:"saved_at" doc:"When it was changed last."`
	SharedAt  *time.Time       `json:"shared_at,omitempty" doc:"Since when those who lead the client's people see it."`
	Revision  int64            `json:"revision" doc:"Send it back with a change."`
}

func (s *server) unsentWire(u portal.Unsent) unsentComment {
	return unsentComment{ID: u.ID, Version: u.Version, File: u.File, Author: u.Author, Name: u.AuthorName, Own: u.Own, Place: s.placeWire(u.Place), Body: u.Body,
		CreatedAt: u.CreatedAt.UTC(), SavedAt: u.SavedAt.UTC(), SharedAt: moment(u.SharedAt), Revision: u.Revision}
}

type NewUnsent struct {
	Body  string `json:"body" maxLength:"20000" doc:"What it says, in Markdown."`
	Place *Place `json:"place,omitempty" doc:"Where on the version; without, on all of it."`
}

type unsentChange struct {
	NewUnsent
	Revision int64 `json:"revision" doc:"As it was looked at."`
}

type feedback struct {
	Audience portal.Side `json:"audience,omitempty" enum:"team,client" doc:"Of the team: who is to see it; without, the team alone."`
}

type markedPlace struct {
	Comments portal.ThreadID  `json:"comments" doc:"The comments on it."`
	Version  portal.VersionID `json:"version" doc:"On which they were made: an earlier one, when they are open still and came along to the newest."`
	Number   int              `json:"number" doc:"Among those on the file, in the order of sending; the team's own are counted apart."`
	Label    string           `json:"label" doc:"What the pages call it by: the number, or of the team's own a letter."`
	Audience portal.Side      `json:"audience,omitempty" doc:"Who sees them: client, or team for the team's own."`
	Resolved bool             `json:"resolved" doc:"Whether nothing is left to do about them."`
	Place    *placed          `json:"place" doc:"Where it is."`
}

func (s *server) markedWire(m portal.Marked) markedPlace {
	return markedPlace{Comments: m.Thread, Version: m.Version, Number: m.Number, Label: sentence.PlaceLabel(m.Number, m.Audience), Audience: m.Audience, Resolved: m.Resolved, Place: s.placeWire(&m.Place)}
}

// places registers comments on places, and what was not sent of them.
func (s *server) places() {
	readAll(s, "/api/versions/{id}/places", "list-places", "The places on it that are commented on, in the order of sending; on the newest version also those that are open on earlier ones", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.Marked, string, error) {
		all, err := me.PlacesOn(ctx, portal.VersionID(q.ID))
		return all, "", err
	}, s.markedWire)
	readAll(s, "/api/versions/{id}/unsent-comments", "list-unsent-comments", "The comments on it that you have not sent, and those that colleagues share with you", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.Unsent, string, error) {
		all, err := me.UnsentOn(ctx, portal.VersionID(q.ID))
		return all, "", err
	}, s.unsentWire)
	create(s, "/api/versions/{id}/unsent-comments", "keep-comment", "Keep a comment on it, which nobody else sees until you send it", func(ctx context.Context, me *portal.Scope, id string, in NewUnsent) (portal.UnsentID, error) {
		at, err := in.Place.portal()
		if err != nil {
			return "", err
		}
		return me.KeepComment(ctx, portal.VersionID(id), in.Body, at)
	})
	read(s, "/api/unsent-comments/{id}", "unsent-comment", "A comment that was not sent", func(ctx context.Context, me *portal.Scope, id string) (unsentComment, error) {
		u, err := me.Unsent(ctx, portal.UnsentID(id))
		return s.unsentWire(u), err
	})
	change(s, http.MethodPut, "/api/unsent-comments/{id}", "change-unsent-comment", "Change your own", func(ctx context.Context, me *portal.Scope, id string, in unsentChange) error {
		at, err := in.Place.portal()
		if err != nil {
			return err
		}
		return me.ChangeUnsent(ctx, portal.UnsentID(id), in.Body, at, in.Revision)
	})
	act(s, http.MethodDelete, "/api/unsent-comments/{id}", "delete-unsent-comment", "Delete your own for good, or give a colleague's back to them", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.DeleteUnsent(ctx, portal.UnsentID(id))
	})
	act(s, http.MethodPost, "/api/versions/{id}/unsent-comments/shared", "share-unsent-comments", "Let those who lead your people see and send yours", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ShareUnsent(ctx, portal.VersionID(id))
	})
	act(s, http.MethodDelete, "/api/versions/{id}/unsent-comments/shared", "unshare-unsent-comments", "Keep yours to yourself again", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.KeepUnsent(ctx, portal.VersionID(id))
	})
	change(s, http.MethodPost, "/api/versions/{id}/feedback", "send-feedback", "Send all that was not sent, yours and what is shared with you, at once; sent before, it changes nothing", func(ctx context.Context, me *portal.Scope, id string, in feedback) error {
		_, err := me.SendFeedback(ctx, portal.VersionID(id), in.Audience)
		return err
	})
}
