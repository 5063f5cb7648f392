package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// The shapes of all operations. Each names a path, an operation and what the
// portal does; what is sent and answered follows from the types.

type byID struct {
	ID string `path:"id" maxLength:"64" doc:"What it is about."`
}

type answer[W any] struct{ Body W }

// read answers one thing.
func read[W any](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string) (W, error)) {
	huma.Register(s.huma, operation(http.MethodGet, path, id, summary, http.StatusOK), func(ctx context.Context, in *byID) (*answer[W], error) {
		w, err := f(ctx, me(ctx), in.ID)
		if err != nil {
			return nil, s.fail(err)
		}
		return &answer[W]{w}, nil
	})
}

// readAll answers a page of a list. Q are its path and query parameters.
func readAll[Q, P, W any](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, q *Q) ([]P, string, error), wire func(P) W) {
	huma.Register(s.huma, operation(http.MethodGet, path, id, summary, http.StatusOK), func(ctx context.Context, q *Q) (*many[W], error) {
		all, next, err := f(ctx, me(ctx), q)
		if err != nil {
			return nil, s.fail(err)
		}
		return listed(all, next, wire), nil
	})
}

type created struct {
	Body struct {
		ID string `json:"id" doc:"What was made."`
	}
}

type sent[T any] struct {
	ID   string `path:"id" maxLength:"64" doc:"What it is about."`
	Body T
}

type sentTop[T any] struct{ Body T }

// create makes something below the thing in the path.
func create[T any, ID ~string](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string, in T) (ID, error)) {
	huma.Register(s.huma, operation(http.MethodPost, path, id, summary, http.StatusCreated), func(ctx context.Context, in *sent[T]) (*created, error) {
		made, err := portal.Once(f(once(ctx, id, in), me(ctx), in.ID, in.Body))
		return createdAs(s, string(made), err)
	})
}

// createTop makes something that is below nothing.
func createTop[T any, ID ~string](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, in T) (ID, error)) {
	huma.Register(s.huma, operation(http.MethodPost, path, id, summary, http.StatusCreated), func(ctx context.Context, in *sentTop[T]) (*created, error) {
		made, err := portal.Once(f(once(ctx, id, in), me(ctx), in.Body))
		return createdAs(s, string(made), err)
	})
}

func createdAs(s *server, id string, err error) (*created, error) {
	if err != nil {
		return nil, s.fail(err)
	}
	out := &created{}
	out.Body.ID = id
	return out, nil
}

// change saves what is sent, or does something with it.
func change[T any](s *server, method, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string, in T) error) {
	huma.Register(s.huma, operation(method, path, id, summary, http.StatusNoContent), func(ctx context.Context, in *sent[T]) (*struct{}, error) {
		return nil, s.fail(f(once(ctx, id, in), me(ctx), in.ID, in.Body))
	})
}

// act does something to the thing in the path that needs nothing more to be said.
func act(s *server, method, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string) error) {
	huma.Register(s.huma, operation(method, path, id, summary, http.StatusNoContent), func(ctx context.Context, in *byID) (*struct{}, error) {
		return nil, s.fail(f(once(ctx, id, in), me(ctx), in.ID))
	})
}
