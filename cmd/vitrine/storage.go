package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// openStorage opens what the configuration names. A bucket is not asked yet.
func openStorage(cfg *config.Config) (blob.Store, error) {
	c := cfg.Storage
	if c.Disk != "" {
		store, err := blob.OpenDisk(c.Disk)
		if err != nil {
			return nil, &mendable{fmt.Sprintf("the storage of files cannot be opened: %s.", plainly(err))}
		}
		return store, nil
	}
	return blob.OpenS3(blob.S3Config{
		Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix,
		AccessKey: string(c.AccessKey), SecretKey: string(c.SecretKey),
	})
}

// ownerOf is what the storage is marked with: who has the same server key is
// the same installation, on whichever node.
func ownerOf(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("storage"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// adopt is what an operator writes into the mark of a storage that is to be
// taken as it is.
const adopt = "adopt"

var (
	errUnmarked = &mendable{"the storage of files is empty, though the database names files in it: is its disk mounted? If the files are lost for good, write the word adopt into its vitrine.storage."}
	errForeign  = &mendable{"the storage of files belongs to an installation with another server key. If it is yours all the same, write the word adopt into its vitrine.storage."}
)

// openBlobs opens the storage and makes sure that it is the one whose files
// the database names. A new one is marked.
func (h *house) openBlobs(ctx context.Context) error {
	key, err := h.cfg.LoadKey()
	if err != nil {
		return err
	}
	if h.blobs, err = openStorage(h.cfg); err != nil {
		return err
	}
	err = h.ownsBlobs(ctx, ownerOf(key))
	if !errors.Is(err, blob.ErrUnavailable) {
		return err
	}
	unusable := storageFault(err)
	if h.cfg.Storage.Disk != "" {
		return unusable
	}
	// A bucket that was in use comes back without us; meanwhile there are pages
	// without files. One that never was is wrongly set.
	used, usedErr := h.usesBlobs(ctx)
	switch {
	case usedErr != nil:
		return usedErr
	case !used:
		return unusable
	}
	h.log.Error("the storage of files does not answer", "error", err.Error())
	return nil
}

// usesBlobs reports whether the database names any.
func (h *house) usesBlobs(ctx context.Context) (bool, error) {
	for _, err := range h.portal.StoredBlobs(ctx) {
		return err == nil, err
	}
	return false, nil
}

func (h *house) ownsBlobs(ctx context.Context, owner string) error {
	switch marked, err := h.blobs.Marked(ctx); {
	case err != nil:
		return err
	case marked == owner:
		return nil
	case marked == adopt:
		return h.blobs.Mark(ctx, owner)
	case marked != "":
		return errForeign
	}
	switch used, err := h.usesBlobs(ctx); {
	case err != nil:
		return err
	case used:
		return errUnmarked
	}
	return h.blobs.Mark(ctx, owner)
}

// checkStorage writes, reads and removes a blob, and looks at whose storage it
// is.
func checkStorage(ctx context.Context, cfg *config.Config) []finding {
	const about = "storage"
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	where := "the bucket " + cfg.Storage.Bucket
	if dir := cfg.Storage.Disk; dir != "" {
		where = "the disk"
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return []finding{{warn, about, "is not there yet: the first start makes it"}}
		}
	}
	store, err := openStorage(cfg)
	if err != nil {
		return []finding{{bad, about, "cannot be opened: " + plainly(err)}}
	}
	if c, ok := store.(io.Closer); ok {
		defer c.Close()
	}
	var found []finding
	if cfg.Storage.Disk == "" && cfg.Storage.Endpoint.Scheme == "http" {
		found = append(found, finding{warn, about, "is reached by http, so files travel readable: keep that network to yourself"})
	}
	key, body := blob.NewKey(), []byte("written by vitrine doctor\n")
	info, err := store.Put(ctx, key, bytes.NewReader(body), int64(len(body)))
	if err == nil {
		err = blob.Verify(ctx, store, key, info.Size, info.SHA256)
		err = errors.Join(err, store.Delete(context.WithoutCancel(ctx), key))
	}
	switch {
	case errors.Is(err, blob.ErrNoSpace):
		return append(found, finding{bad, about, "is full: make room"})
	case err != nil:
		return append(found, finding{bad, about, "does not keep files: " + plainly(err)})
	}
	switch marked, err := store.Marked(ctx); {
	case err != nil:
		found = append(found, finding{bad, about, "cannot be read: " + plainly(err)})
	case marked == "":
		found = append(found, finding{warn, about, where + " keeps files, and has no mark yet: the first start makes it; if this portal has run before, its disk may not be mounted"})
	case marked == adopt:
		found = append(found, finding{warn, about, where + " keeps files, and the next start takes it as its own"})
	default:
		found = append(found, ownMark(cfg, marked, where))
	}
	return found
}

// checkStrays counts the stored files that nothing names any more.
func checkStrays(ctx context.Context, cfg *config.Config, d *db.DB) []finding {
	const about = "stored files"
	if _, err := os.Stat(cfg.KeyPath()); err != nil {
		return nil
	}
	key, err := cfg.LoadKey()
	if err != nil {
		return nil // which another line says
	}
	store, err := openStorage(cfg)
	if err != nil {
		return nil
	}
	if c, ok := store.(io.Closer); ok {
		defer c.Close()
	}
	p, _ := portal.New(d, portal.Options{Key: key})
	done, err := blob.Sweep(ctx, store, blob.Sweeping{Owner: ownerOf(key), Named: p.NamedBlobs, Look: true, Now: time.Now()})
	switch {
	case errors.Is(err, blob.ErrNotOurs):
		return nil
	case errors.Is(err, blob.ErrTooMany):
		return []finding{{warn, about, fmt.Sprintf("nothing names %d of %d, too many to be removed by themselves: if this database is not an older one, vitrine sweep remove", done.Unnamed, done.Blobs)}}
	case err != nil:
		return []finding{{bad, about, "cannot be listed: " + plainly(err)}}
	}
	return []finding{{fine, about, fmt.Sprintf("%d, of which nothing names %d", done.Blobs, done.Unnamed)}}
}

// ownMark compares the mark with the key, if there is one: the doctor makes
// none.
func ownMark(cfg *config.Config, marked, where string) finding {
	const about = "storage"
	if _, err := os.Stat(cfg.KeyPath()); err != nil {
		return finding{warn, about, where + " keeps files, and belongs to an installation whose key is not here"}
	}
	key, err := cfg.LoadKey()
	switch {
	case err != nil:
		return finding{bad, about, "cannot be compared with the key: " + plainly(err)}
	case marked != ownerOf(key):
		return finding{bad, about, "belongs to an installation with another server key"}
	}
	return finding{fine, about, where + " keeps files"}
}
