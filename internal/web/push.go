package web

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// pushRoutes are the devices on which notices are shown.
func (s *Server) pushRoutes() []route {
	return []route{
		{"GET /profile/devices/key", oneself, s.pushKey},
		{"POST /profile/devices", oneself, s.addDevice},
		{"POST /profile/devices/{id}/end", oneself, s.removeDevice},
	}
}

// manifest lets the portal be installed as an app of its own.
func (s *Server) manifest(w http.ResponseWriter, r *http.Request, _ *visit) error {
	return s.brandFile(w, r, "application/manifest+json", func(b portal.Brand) []byte {
		type icon struct {
			Src   string `json:"src"`
			Type  string `json:"type"`
			Sizes string `json:"sizes"`
		}
		out, err := json.Marshal(struct {
			ID         string `json:"id"`
			Name       string `json:"name"`
			ShortName  string `json:"short_name"`
			Start      string `json:"start_url"`
			Scope      string `json:"scope"`
			Display    string `json:"display"`
			Theme      string `json:"theme_color"`
			Background string `json:"background_color"`
			Lang       string `json:"lang"`
			Icons      []icon `json:"icons"`
		}{"/", b.Name, b.Mark(), "/", "/", "standalone", cmp.Or(b.Accent, static.DefaultAccent), "#ffffff", cmp.Or(b.Locale, "en"),
			[]icon{{"/icon.svg?v=" + brandStamp(b), "image/svg+xml", "any"}, {"/icon.png?v=" + brandStamp(b), "image/png", fmt.Sprintf("%dx%d", static.IconSize, static.IconSize)}}})
		if err != nil {
			panic(err) // texts alone
		}
		return out
	})
}

// serviceWorker is the script that shows pushes. It stands at the top, because it
// may act for no more than what is below it.
func (s *Server) serviceWorker(w http.ResponseWriter, r *http.Request, _ *visit) error {
	w.Header().Del("Vary")
	static.Fresh(w, r, static.Worker.Script)
	return nil
}

// pushKey is the key by which browsers know the portal's pushes.
func (s *Server) pushKey(w http.ResponseWriter, _ *http.Request, _ *visit) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(s.Mails.PushKey()))
	return err
}

// pushCookie marks a browser in which its person asked for pushes, so that it is
// found again after they have signed in anew. It opens nothing.
const pushCookie = "push"

func (s *Server) pushMark(who portal.PersonID) string {
	return base64.RawURLEncoding.EncodeToString(s.Accounts.Sign(account.PurposePush, string(who))[:12])
}

func (s *Server) setPushCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: pushCookie, Value: value, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: maxAge})
}

func (s *Server) addDevice(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := portal.NewDevice{Endpoint: f.one("endpoint"), Key: f.one("key"), Auth: f.one("auth")}
	if err = f.err(); err == nil {
		err = me.AddDevice(r.Context(), me.Session.ID, in)
	}
	var invalid *portal.Invalid
	if errors.As(err, &invalid) {
		w.WriteHeader(http.StatusUnprocessableEntity) // a script asks: there is nobody to tell
		return nil
	}
	if err != nil {
		return err
	}
	s.setPushCookie(w, s.pushMark(me.Person.ID), 365*24*3600)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) removeDevice(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	all, err := me.Devices(r.Context())
	if err != nil {
		return err
	}
	id := portal.DeviceID(r.PathValue("id"))
	if err := me.RemoveDevice(r.Context(), id); err != nil {
		return err
	}
	for _, d := range all {
		if d.ID == id && d.Session == me.Session.ID {
			s.setPushCookie(w, "", -1)
		}
	}
	return done(w, r, "/profile/notices", "push_off")
}

// devices are those of the visitor, as their page shows them.
func devices(r *http.Request, me *visit, p *view.NoticeChoicesPage) error {
	all, err := me.Devices(r.Context())
	for _, d := range all {
		name, icon := deviceName(p.Book, d.UserAgent)
		p.Devices = append(p.Devices, view.PushDevice{ID: string(d.ID), Name: name, Icon: icon, Since: p.Ago(d.CreatedAt, p.Now), This: d.Session == me.Session.ID})
		p.Here = p.Here || d.Session == me.Session.ID
	}
	p.Shared = me.Session.Shared
	if !me.pushes { // else it is there already
		p.Load(static.Push)
	}
	return err
}
