package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/config"
)

// openStorage opens what the configuration names.
func openStorage(cfg *config.Config) (blob.Store, error) {
	store, err := blob.OpenDisk(cfg.Storage.Disk)
	if err != nil {
		return nil, &mendable{fmt.Sprintf("the storage of files cannot be opened: %s.", plainly(err))}
	}
	return store, nil
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
	if errors.Is(err, blob.ErrUnavailable) {
		return &mendable{fmt.Sprintf("the storage of files cannot be read: %s.", plainly(err))}
	}
	return err
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
	for _, err := range h.portal.StoredBlobs(ctx) {
		if err == nil {
			err = errUnmarked
		}
		return err
	}
	return h.blobs.Mark(ctx, owner)
}
