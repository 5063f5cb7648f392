package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/certificate"
	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// verify reads every file and the whole log, and says what is not as it was
// recorded.
func verify(ctx context.Context, args, env []string, out io.Writer) error {
	h, said, err := openWithBlobs(ctx, args, env)
	if err != nil {
		return err
	}
	defer h.close()
	key, err := h.signer()
	if err != nil {
		return err
	}
	switch len(said) {
	case 0:
	case 3:
		return h.verifyHead(ctx, key, portal.DailyHead{Day: said[0], Digest: said[1], Signature: said[2]}, out)
	default:
		return &mendable{fmt.Sprintf("verify does not know what to do with %q: of a mailed record it takes the day (YYYY-MM-DD), the hash and the signature.", said[0])}
	}
	events, breaks, err := portal.VerifyChains(ctx, h.db)
	if err != nil {
		return err
	}
	for _, b := range breaks {
		fmt.Fprintf(out, "altered   the log: %v\n", b)
	}
	head, wrong, strange, err := portal.VerifyHeads(ctx, h.db, key.SignedText)
	if err != nil {
		return err
	}
	for _, day := range wrong {
		fmt.Fprintf(out, "altered   the record of %s: its hash, or its signature, is not the one that the owners were mailed\n", day)
	}
	if strange > 0 {
		fmt.Fprintf(out, "The records of the first %s bear no signature of the present key: they are older, or the key was another.\n", count(strange, "day"))
	}
	seen, err := h.readBlobs(ctx, func(portal.StoredBlob) bool { return true }, func(s portal.StoredBlob, err error) {
		state := "damaged"
		if errors.Is(err, blob.ErrNotExist) {
			state = "missing"
		}
		what := fmt.Sprintf("%s, %s: version %d of %s", s.Client, s.Project, s.Number, s.File)
		switch {
		case s.File == "":
			what = fmt.Sprintf("%s, %s: the certificate %s", s.Client, s.Project, s.Version)
		case s.Preview:
			what = "what was made to look at " + what
		}
		fmt.Fprintf(out, "%-9s %s\n", state, what)
	})
	fmt.Fprintf(out, "%s of the log and %s (%.1f MiB) were read.\n", count(events, "event"), count(seen.blobs, "stored file"), float64(seen.bytes)/(1<<20))
	if head.Day != "" {
		fmt.Fprintf(out, "The hash of %s, which the owners have in their mail, is %s.\n", head.Day, head.Digest)
	}
	switch {
	case err != nil:
		return storageFault(err)
	case len(breaks)+len(wrong) > 0 || seen.lost > 0:
		return errors.New("not everything is as it was recorded: see the lines above")
	}
	fmt.Fprintln(out, "All of it is as it was recorded.")
	return nil
}

// verifyHead says whether the record of a day, as an owner has it in a mail, is one
// that this portal signed, and whether it still has the same.
func (h *house) verifyHead(ctx context.Context, key *certificate.Signer, mailed portal.DailyHead, out io.Writer) error {
	if !key.SignedText(mailed.Signs(), mailed.Signature) {
		return errors.New("this portal's key did not sign that, or it has another key since")
	}
	fmt.Fprintln(out, "This portal signed it.")
	kept, err := h.portal.DailyHead(ctx, mailed.Day)
	switch {
	case err == portal.ErrNotFound:
		return errors.New("the record of that day is gone: the log was altered since, or is an older one")
	case err != nil:
		return err
	case kept.Digest != mailed.Digest:
		return errors.New("the record of that day is another now: the log was altered since")
	}
	fmt.Fprintln(out, "The record of that day is still the same.")
	return nil
}

type seenBlobs struct {
	blobs, lost int
	bytes       int64
}

// readBlobs reads those that the database names and some agrees to, each once,
// and calls lost for every row whose blob is missing or damaged.
func (h *house) readBlobs(ctx context.Context, some func(portal.StoredBlob) bool, lost func(portal.StoredBlob, error)) (seen seenBlobs, err error) {
	var last string
	var found error
	for s, err := range h.portal.StoredBlobs(ctx) {
		if err != nil {
			return seen, err
		}
		if !some(s) {
			continue
		}
		if s.Blob != last {
			last, found = s.Blob, blob.Verify(ctx, h.blobs, blob.Key(s.Blob), s.Size, s.SHA256)
			seen.blobs++
			seen.bytes += s.Size
		}
		switch {
		case found == nil:
		case errors.Is(found, blob.ErrNotExist), errors.Is(found, blob.ErrCorrupt):
			seen.lost++
			lost(s, found)
		default:
			return seen, found
		}
	}
	return seen, nil
}

// scrubDays is in how many days each file is read once.
const scrubDays = 7

// scrubFiles reads a share of the files each day, so that what rots is known
// while a backup still has it.
func (h *house) scrubFiles(ctx context.Context) error {
	return h.scrub(ctx, int(time.Now().Unix()/(24*60*60)%scrubDays))
}

func (h *house) scrub(ctx context.Context, day int) error {
	began := time.Now()
	today := func(s portal.StoredBlob) bool {
		if int(s.Blob[len(s.Blob)-1])%scrubDays != day {
			return false
		}
		select { // half of the time belongs to others
		case <-ctx.Done():
		case <-time.After(min(time.Since(began), 10*time.Second)):
		}
		began = time.Now()
		return true
	}
	_, err := h.readBlobs(ctx, today, func(s portal.StoredBlob, err error) {
		h.log.Error("a stored file is not as it was recorded: see vitrine verify", "version", s.Version, "preview", s.Preview, "missing", errors.Is(err, blob.ErrNotExist))
	})
	return err
}

const sweepUsage = `usage: vitrine sweep [remove] [flags]

Says which stored files nothing names any more, and with "remove" removes them,
however many they are. The running portal does that by itself each day, but
stops when they are more than one in a hundred: then the database may be an
older one. With the embedded database the portal has to be stopped meanwhile.
`

// sweep removes what nothing names.
func sweep(ctx context.Context, args, env []string, out io.Writer) error {
	h, said, err := openWithBlobs(ctx, args, env)
	if err != nil {
		return err
	}
	defer h.close()
	remove := len(said) == 1 && said[0] == "remove"
	if len(said) > 0 && !remove {
		return &mendable{"say what to sweep.\n\n" + sweepUsage}
	}
	done, err := h.sweepBlobs(ctx, blob.Sweeping{Any: true, Look: !remove, Now: time.Now()})
	if err != nil {
		return storageFault(err)
	}
	verb := "can go: vitrine sweep remove"
	if remove {
		verb = "are gone"
	}
	fmt.Fprintf(out, "Of %s, nothing names %d (%.1f MiB), nor %s; they %s.\n", count(done.Blobs, "stored file"), done.Unnamed, float64(done.Bytes)/(1<<20), count(done.Partials, "interrupted upload"), verb)
	return nil
}

func (h *house) sweepBlobs(ctx context.Context, o blob.Sweeping) (blob.Swept, error) {
	key, err := h.cfg.LoadKey()
	if err != nil {
		return blob.Swept{}, err
	}
	o.Owner, o.Named = ownerOf(key), h.portal.NamedBlobs
	return blob.Sweep(ctx, h.blobs, o)
}

// sweepFiles is the sweep of each day.
func (h *house) sweepFiles(ctx context.Context) error {
	done, err := h.sweepBlobs(ctx, blob.Sweeping{Now: time.Now()})
	strays := int64(0)
	if errors.Is(err, blob.ErrTooMany) {
		strays = int64(done.Unnamed)
	}
	h.strays.Store(strays)
	switch {
	case errors.Is(err, blob.ErrTooMany):
		h.log.Warn("nothing was swept: so many stored files are not in the database that it may be an older one; see vitrine sweep", "files", done.Blobs, "unnamed", done.Unnamed)
		return nil
	case errors.Is(err, blob.ErrNotOurs):
		h.log.Warn("nothing was swept: the storage of files does not bear this portal's mark; is its disk mounted?")
		return nil
	case err == nil && done.Unnamed+done.Partials > 0:
		h.log.Info("stored files swept", "files", done.Unnamed, "bytes", done.Bytes, "uploads", done.Partials)
	}
	return err
}

// forgetUploads removes what stopped arriving, row first: bytes that then stay
// behind, as when the storage does not answer, are the sweep's.
func (h *house) forgetUploads(ctx context.Context) error {
	var failed error
	for {
		expired, err := h.portal.ExpiredUploads(ctx, 100)
		if err != nil {
			return err
		}
		forgot := 0
		for _, u := range expired {
			switch err := h.portal.ForgetUpload(ctx, u.ID); {
			case errors.Is(err, portal.ErrConflict): // it went on
				continue
			case err != nil:
				return err
			}
			forgot++
			if err := h.blobs.Abort(ctx, blob.Key(u.Blob), blob.State{}); err != nil {
				failed = err
			}
		}
		if forgot == 0 {
			return failed
		}
	}
}

// openWithBlobs opens what a command about files needs, and returns what was
// said beside the flags.
func openWithBlobs(ctx context.Context, args, env []string) (*house, []string, error) {
	said, flags := split(args)
	cfg, err := config.Load(flags, env)
	if err != nil {
		return nil, nil, err
	}
	h, err := open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	if err := h.openBlobs(ctx); err != nil {
		h.close()
		return nil, nil, err
	}
	return h, append(said, cfg.Args...), nil
}

// storageFault says in a sentence what keeps files from being read.
func storageFault(err error) error {
	if errors.Is(err, blob.ErrUnavailable) {
		return &mendable{fmt.Sprintf("the storage of files cannot be used: %s.", plainly(err))}
	}
	return err
}
