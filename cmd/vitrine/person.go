package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/netip"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/live"
)

const personUsage = `usage: vitrine person COMMAND [EMAIL] [flags]

  list             everybody, and whether they can sign in
  password EMAIL   a new password: the first line of what is piped in, or one that is made up and printed
  sign-out EMAIL   ends all their sessions, API tokens and mailed links
  disable EMAIL    keeps them out
  enable EMAIL     lets them in again

With the embedded database the portal has to be stopped meanwhile.
`

// personCommands do one thing to one person.
var personCommands = map[string]func(ctx context.Context, h *house, who account.Person, out io.Writer) error{
	"password": setPassword,
	"sign-out": signOut,
	"disable":  disable,
	"enable":   enable,
}

// person lists people, or changes how one of them gets in.
func person(ctx context.Context, args, env []string, out io.Writer) error {
	said, flags := split(args)
	cfg, err := config.Load(flags, env)
	if err != nil {
		return err
	}
	said = append(said, cfg.Args...)
	if len(said) == 0 {
		return &mendable{"say what to do with whom.\n\n" + personUsage}
	}
	do, known := personCommands[said[0]]
	switch {
	case said[0] == "list" && len(said) == 1:
	case !known:
		return &mendable{"say what to do with whom.\n\n" + personUsage}
	case len(said) != 2:
		return &mendable{fmt.Sprintf("person %s needs one e-mail address.", said[0])}
	}
	h, err := open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer h.close()
	if said[0] == "list" {
		return h.listPeople(ctx, out)
	}
	who, err := h.accounts.PersonByEmail(ctx, said[1])
	switch {
	case errors.Is(err, account.ErrEmail):
		return &mendable{"that is not an e-mail address."}
	case errors.Is(err, account.ErrNotFound):
		return &mendable{"nobody has that e-mail address."}
	case err != nil:
		return err
	}
	if err := do(ctx, h, who, out); err != nil {
		return err
	}
	if h.db.Dialect() == db.PostgreSQL { // the portal may be running, and holds streams
		return live.Wake(ctx, string(cfg.Database))
	}
	return nil
}

// split takes the words before the first flag.
func split(args []string) (words, flags []string) {
	for i, a := range args {
		if strings.HasPrefix(a, "-") {
			return args[:i:i], args[i:]
		}
	}
	return args, nil
}

func (h *house) listPeople(ctx context.Context, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "E-MAIL\tNAME\tSINCE\tSTATE")
	for after := ""; ; {
		people, err := h.accounts.People(ctx, after, 500)
		if err != nil {
			return err
		}
		if len(people) == 0 {
			return w.Flush()
		}
		for _, p := range people {
			state := "signs in by code"
			switch {
			case !p.DisabledAt.IsZero():
				state = "disabled"
			case p.ConfirmedAt.IsZero():
				state = "invited"
			case p.HasPassword:
				state = "signs in by password"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Email, p.Name, p.CreatedAt.Format(time.DateOnly), state)
			after = p.Email
		}
	}
}

func setPassword(ctx context.Context, h *house, who account.Person, out io.Writer) error {
	pw, madeUp, err := passwordFrom(os.Stdin)
	if err != nil {
		return err
	}
	// The way of a reset link: it ends all sessions, and tells the person.
	token, err := h.accounts.ResetToken(ctx, who.ID)
	if errors.Is(err, account.ErrNotFound) {
		return &mendable{"this person cannot sign in: they are disabled or have not accepted their invitation yet."}
	}
	if err != nil {
		return err
	}
	err = h.accounts.Reset(ctx, token, pw, netip.Addr{})
	var weak *account.Weakness
	switch {
	case errors.As(err, &weak):
		return &mendable{fmt.Sprintf("the password is refused: %s. It needs %d characters or more, and nothing well-known or personal.", weak.Reason, account.MinPassword)}
	case err != nil:
		return err
	}
	if madeUp {
		fmt.Fprintf(out, "The new password is: %s\n", pw)
	} else {
		fmt.Fprintln(out, "The password is changed.")
	}
	fmt.Fprintln(out, "All their sessions, API tokens and mailed links have ended.")
	return nil
}

// passwordFrom reads the first line that is piped in; from a terminal it makes
// a password up.
func passwordFrom(in *os.File) (pw string, madeUp bool, err error) {
	info, err := in.Stat()
	if err != nil {
		return "", false, err
	}
	if info.Mode()&os.ModeCharDevice != 0 {
		return newPassword(), true, nil
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", false, err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", false, &mendable{"the password that was piped in is empty."}
	}
	return line, false, nil
}

// newPassword is four groups of five letters and digits that look like no
// others: 98 bits.
func newPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	var b strings.Builder
	for i := range 20 {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		if err != nil {
			panic(err) // the system has no randomness
		}
		b.WriteByte(letters[n.Int64()])
	}
	return b.String()
}

func signOut(ctx context.Context, h *house, who account.Person, out io.Writer) error {
	var ended []account.SessionID
	err := h.db.Write(ctx, func(tx *db.Tx) (err error) {
		ended, err = h.accounts.EndAll(ctx, tx, who.ID, account.WhyEnded)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Signed out: %s.\n", count(len(ended), "session"))
	return nil
}

func disable(ctx context.Context, h *house, who account.Person, out io.Writer) error {
	if !who.DisabledAt.IsZero() {
		return &mendable{"this person is disabled already."}
	}
	var ended []account.SessionID
	err := h.db.Write(ctx, func(tx *db.Tx) (err error) {
		ended, err = h.accounts.Disable(ctx, tx, who.ID)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Disabled; %s ended.\n", count(len(ended), "session"))
	return nil
}

func enable(ctx context.Context, h *house, who account.Person, out io.Writer) error {
	if who.DisabledAt.IsZero() {
		return &mendable{"this person is not disabled."}
	}
	if err := h.db.Write(ctx, func(tx *db.Tx) error { return h.accounts.Enable(ctx, tx, who.ID) }); err != nil {
		return err
	}
	fmt.Fprintln(out, "Enabled: they can sign in again.")
	return nil
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
