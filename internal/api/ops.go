package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// The shapes of all operations. Each names a path, an operation and what the
// portal does; what is sent and answered follows from the types.
//
// To the framework all bodies are of one type, and each operation says what its
// own look like: for each type that it is told, the compiler copies all of its
// code, which made a tenth of the program.

type byID struct {
	ID string `path:"id" maxLength:"64" doc:"What it is about."`
}

type answer struct{ Body any }

// given is what is sent, by the time it has been compared with its description.
type given struct {
	ID   string `path:"id" maxLength:"64" doc:"What it is about."`
	Body json.RawMessage
}

type givenTop struct{ Body json.RawMessage }

// described is the description of a type in JSON.
func (s *server) described(t reflect.Type) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: s.huma.OpenAPI().Components.Schemas.Schema(t, true, "")}}
}

// taking is an operation that is sent something of a type.
func (s *server) taking(t reflect.Type, o huma.Operation) huma.Operation {
	o.RequestBody = &huma.RequestBody{Required: true, Content: s.described(t)}
	return o
}

// giving is an operation that answers something of a type.
func (s *server) giving(t reflect.Type, o huma.Operation) huma.Operation {
	o.Responses = map[string]*huma.Response{strconv.Itoa(o.DefaultStatus): {Content: s.described(t)}}
	return o
}

// about is an operation about the thing in the path.
func (s *server) about(o huma.Operation, f func(ctx context.Context, id string) (any, error)) {
	register(s, o, func(ctx context.Context, in *byID) (any, error) { return f(ctx, in.ID) })
}

// sent is an operation that something is sent to.
func (s *server) sent(o huma.Operation, f func(ctx context.Context, id string, body []byte) (any, error)) {
	register(s, o, func(ctx context.Context, in *given) (any, error) { return f(ctx, in.ID, in.Body) })
}

// sentTop is the same about nothing.
func (s *server) sentTop(o huma.Operation, f func(ctx context.Context, body []byte) (any, error)) {
	register(s, o, func(ctx context.Context, in *givenTop) (any, error) { return f(ctx, in.Body) })
}

// register adds an operation that answers something, or only that it was done.
func register[I any](s *server, o huma.Operation, f func(ctx context.Context, in *I) (any, error)) {
	if o.DefaultStatus == http.StatusNoContent {
		huma.Register(s.huma, o, func(ctx context.Context, in *I) (*struct{}, error) {
			w, err := f(ctx, in)
			_, err = s.answer(ctx, w, err)
			return nil, err
		})
		return
	}
	huma.Register(s.huma, o, func(ctx context.Context, in *I) (*answer, error) {
		w, err := f(ctx, in)
		return s.answer(ctx, w, err)
	})
}

// answer turns what an operation came to into what is sent.
func (s *server) answer(ctx context.Context, w any, err error) (*answer, error) {
	var unfit *json.UnmarshalTypeError // a number that is too large for its field
	if errors.As(err, &unfit) {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body." + unfit.Field, Message: unfit.Error()})
	}
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	return &answer{w}, nil
}

// read answers one thing.
func read[W any](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string) (W, error)) {
	s.about(s.giving(reflect.TypeFor[W](), operation(http.MethodGet, path, id, summary, http.StatusOK)), func(ctx context.Context, id string) (any, error) { return f(ctx, me(ctx), id) })
}

// readFor answers what is asked for. Q are its path and query parameters.
func readFor[Q, W any](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, q *Q) (W, error)) {
	huma.Register(s.huma, s.giving(reflect.TypeFor[W](), operation(http.MethodGet, path, id, summary, http.StatusOK)), func(ctx context.Context, q *Q) (*answer, error) {
		w, err := f(ctx, me(ctx), q)
		return s.answer(ctx, w, err)
	})
}

// readAll answers a page of a list.
func readAll[Q, P, W any](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, q *Q) ([]P, string, error), wire func(P) W) {
	readFor(s, path, id, summary, func(ctx context.Context, me *portal.Scope, q *Q) (many[W], error) {
		all, next, err := f(ctx, me, q)
		return listed(all, next, wire), err
	})
}

type created struct {
	ID string `json:"id" doc:"What was made."`
}

// asked is all that was asked for, of which the hash is kept.
type asked[T any] struct {
	ID   string
	Body T
}

type askedTop[T any] struct{ Body T }

// create makes something below the thing in the path.
func create[T any, ID ~string](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string, in T) (ID, error)) {
	s.sent(s.taking(reflect.TypeFor[T](), s.giving(reflect.TypeFor[created](), operation(http.MethodPost, path, id, summary, http.StatusCreated))), func(ctx context.Context, about string, body []byte) (any, error) {
		var in T
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		made, err := portal.Once(f(once(ctx, id, asked[T]{about, in}), me(ctx), about, in))
		return created{string(made)}, err
	})
}

// createTop makes something that is below nothing.
func createTop[T any, ID ~string](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, in T) (ID, error)) {
	s.sentTop(s.taking(reflect.TypeFor[T](), s.giving(reflect.TypeFor[created](), operation(http.MethodPost, path, id, summary, http.StatusCreated))), func(ctx context.Context, body []byte) (any, error) {
		var in T
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		made, err := portal.Once(f(once(ctx, id, askedTop[T]{in}), me(ctx), in))
		return created{string(made)}, err
	})
}

// change saves what is sent, or does something with it.
func change[T any](s *server, method, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string, in T) error) {
	s.sent(s.taking(reflect.TypeFor[T](), operation(method, path, id, summary, http.StatusNoContent)), func(ctx context.Context, about string, body []byte) (any, error) {
		var in T
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		return nil, f(once(ctx, id, asked[T]{about, in}), me(ctx), about, in)
	})
}

// changeTop is change of what is there once.
func changeTop[T any](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, in T) error) {
	s.sentTop(s.taking(reflect.TypeFor[T](), operation(http.MethodPut, path, id, summary, http.StatusNoContent)), func(ctx context.Context, body []byte) (any, error) {
		var in T
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		return nil, f(once(ctx, id, askedTop[T]{in}), me(ctx), in)
	})
}

// act does something to the thing in the path that needs nothing more to be said.
func act(s *server, method, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string) error) {
	s.about(operation(method, path, id, summary, http.StatusNoContent), func(ctx context.Context, about string) (any, error) {
		return nil, f(once(ctx, id, byID{about}), me(ctx), about)
	})
}

// makeOf does something that makes a thing and needs nothing more to be said.
func makeOf[ID ~string](s *server, path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string) (ID, error)) {
	s.about(s.giving(reflect.TypeFor[created](), operation(http.MethodPost, path, id, summary, http.StatusCreated)), func(ctx context.Context, about string) (any, error) {
		made, err := portal.Once(f(once(ctx, id, byID{about}), me(ctx), about))
		return created{string(made)}, err
	})
}
