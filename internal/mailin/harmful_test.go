package mailin

import (
	"archive/zip"
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/inspect"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/scan"
	"github.com/vitrine-portal/vitrine/internal/scan/scantest"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// T133, T170: what comes by mail is looked through as what is uploaded: until then
// nobody has it, where the scanner is waited for, and never what is harmful.
func TestHarmfulAttachment(t *testing.T) {
	socket, _ := scantest.Start(t)
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	f, err := z.Create("invoice.txt")
	if err == nil {
		_, err = f.Write([]byte(scantest.EICAR))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		to := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		had := func(id portal.VersionID) bool {
			t.Helper()
			_, err := w.As(w.Mia).DownloadVersion(ctx, id)
			for _, who := range []portal.PersonID{w.Mia, w.Tom, w.Cleo} { // whose it is, too
				if _, other := w.As(who).ReadVersion(ctx, id); (other == nil) != (err == nil) || other != nil && !errors.Is(other, portal.ErrHeld) {
					t.Errorf("%s: %v, where it is downloaded: %v", who, other, err)
				}
			}
			return err == nil
		}
		for _, holds := range []bool{true, false} {
			looks, err := inspect.New(inspect.Options{Portal: w.Portal, Blobs: taker.Bytes.Blobs, Temp: filepath.Join(t.TempDir(), "tmp"), Off: true,
				Scanner: scan.New("unix:" + socket), Holds: holds})
			if err != nil {
				t.Fatal(err)
			}
			taker.Bytes = transfer.New(taker.Bytes.Blobs, looks.Scan(), slog.New(slog.DiscardHandler))
			id := map[bool]string{true: "holds@cleo.test", false: "lets@cleo.test"}[holds]
			m := come(t, w, taker, withFiles(id, "cleo@cleo.test", to, "Here they are, "+id, scantest.EICAR, packed.String(), "Nothing but notes."), to)
			said, err := w.As(w.Mia).Message(ctx, portal.MessageID(m.Became))
			if err != nil || len(said.Files) != 3 {
				t.Fatalf("%s (%s): %+v, %v", m.State, m.Reason, said, err)
			}
			for i, harmful := range []bool{true, true, false} {
				v := said.Files[i].Version.ID
				if had(v) == holds {
					t.Errorf("file %d, not looked through, with waiting for that %t: somebody has it: %t", i, holds, !holds)
				}
				if err := looks.Look(ctx, v); err != nil {
					t.Fatal(err)
				}
				if had(v) == harmful {
					t.Errorf("file %d: harmful %t, and somebody has it: %t", i, harmful, !harmful)
				}
			}
		}
	})
}
