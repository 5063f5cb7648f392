package blob

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What Sweep refuses to do.
var (
	ErrNotOurs = errors.New("the storage does not bear this installation's mark")
	ErrTooMany = errors.New("nothing names more blobs than a sweep may remove")
)

const (
	// Keep is how long a blob is left alone that nothing names. A backup of
	// the database that is not older can be restored without losing a file.
	Keep = 7 * 24 * time.Hour

	sweepShare = 100 // of so many blobs one may go in a run,
	sweepFew   = 20  // or these
)

// A Sweeping says what may go.
type Sweeping struct {
	Owner string // the storage must bear this mark
	Now   time.Time
	Named func(ctx context.Context, keys []string) (map[string]bool, error) // which of these a row names
	Any   bool                                                              // however many they are
	Look  bool                                                              // removes nothing
}

// Swept says what a sweep found and removed.
type Swept struct {
	Blobs    int   // there are
	Unnamed  int   // of them, old enough to go
	Bytes    int64 // in those
	Partials int   // old ones that no upload names
}

// Sweep removes blobs and partials that nothing names and that were not
// touched for Keep. It removes none at all when the storage does not bear the
// mark, and no blobs when they are more than one in a hundred: then the
// database is more likely wrong than they are.
func Sweep(ctx context.Context, s Store, o Sweeping) (Swept, error) {
	var done Swept
	switch owner, err := s.Marked(ctx); {
	case err != nil:
		return done, err
	case owner != o.Owner:
		return done, fmt.Errorf("blob: %w", ErrNotOurs)
	}
	partials := unnamed{o: o}
	for e, err := range s.Partials(ctx) {
		if err == nil {
			err = partials.add(ctx, e)
		}
		if err != nil {
			return done, err
		}
	}
	blobs := unnamed{o: o}
	for e, err := range s.Keys(ctx) {
		if err == nil {
			done.Blobs++
			err = blobs.add(ctx, e)
		}
		if err != nil {
			return done, err
		}
	}
	if err := errors.Join(partials.look(ctx), blobs.look(ctx)); err != nil {
		return done, err
	}
	done.Partials, done.Unnamed, done.Bytes = len(partials.keys), len(blobs.keys), blobs.bytes
	if !o.Look {
		if err := partials.remove(ctx, func(key Key) error { return s.Abort(ctx, key, State{}) }); err != nil {
			return done, err
		}
	}
	if !o.Any && done.Unnamed > max(sweepFew, done.Blobs/sweepShare) {
		return done, fmt.Errorf("blob: %d of %d: %w", done.Unnamed, done.Blobs, ErrTooMany)
	}
	if !o.Look {
		return done, blobs.remove(ctx, func(key Key) error { return s.Delete(ctx, key) })
	}
	return done, nil
}

// unnamed gathers the keys that nothing names.
type unnamed struct {
	o     Sweeping
	some  []Entry // not looked at yet
	keys  []string
	bytes int64
}

const lookAt = 500 // at a time

func (u *unnamed) add(ctx context.Context, e Entry) error {
	if u.o.Now.Sub(e.ModTime) < Keep {
		return nil
	}
	u.some = append(u.some, e)
	if len(u.some) < lookAt {
		return nil
	}
	return u.look(ctx)
}

func (u *unnamed) look(ctx context.Context) error {
	if len(u.some) == 0 {
		return nil
	}
	keys := make([]string, len(u.some))
	for i, e := range u.some {
		keys[i] = string(e.Key)
	}
	named, err := u.o.Named(ctx, keys)
	if err != nil {
		return err
	}
	for _, e := range u.some {
		if !named[string(e.Key)] {
			u.keys = append(u.keys, string(e.Key))
			u.bytes += e.Size
		}
	}
	u.some = u.some[:0]
	return nil
}

// remove asks once more, as the listing may have taken long.
func (u *unnamed) remove(ctx context.Context, remove func(Key) error) error {
	for keys := u.keys; len(keys) > 0; {
		some := keys[:min(lookAt, len(keys))]
		keys = keys[len(some):]
		named, err := u.o.Named(ctx, some)
		if err != nil {
			return err
		}
		for _, key := range some {
			if !named[key] {
				if err := remove(Key(key)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
