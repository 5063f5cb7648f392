// Shots takes pictures of every page of the demo, as each of its people sees
// it, on a phone, a tablet and a desk, light and dark, and of a workspace that
// was just set up.
//
//	go run ./tools/shots [-out shots] [-only regexp] [-sizes phone,desktop]
//
// The files are named who-page-size-colours.png. With ImageMagick there are
// contact sheets too: sheet-00-size-colours.png, ….
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/tools/internal/tour"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "shots", "the directory for the pictures")
	only := flag.String("only", "", "take only pictures whose name matches")
	sizes := flag.String("sizes", "phone,tablet,desktop", "the screens")
	colours := flag.String("colours", "light,dark", "the colours")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := shoot(ctx, *out, *only, strings.Split(*sizes, ","), strings.Split(*colours, ",")); err != nil {
		log.Fatal(err)
	}
}

func shoot(ctx context.Context, out, only string, sizes, colours []string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "vitrine-shots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	binary, err := built.Binary(ctx, tmp)
	if err != nil {
		return err
	}
	var taken atomic.Int64
	dead, err := tour.Each(ctx, binary, tmp, false, func(t *tour.Tab, p tour.Page) error {
		for _, size := range []tour.Size{tour.Phone, tour.Tablet, tour.Desktop} {
			if !slices.Contains(sizes, size.Name) {
				continue
			}
			opened := false
			for _, colour := range colours {
				name := strings.Join([]string{p.Who, p.Name, size.Name, colour}, "-") + ".png"
				if !wanted.MatchString(name) {
					continue
				}
				if err := t.Look(size, colour == "dark"); err != nil {
					return err
				}
				if !opened { // scripts may have laid it out for another screen
					if err := p.Open(t); err != nil {
						return err
					}
					opened = true
				}
				png, err := t.Picture()
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(out, name), png, 0o644); err != nil {
					return err
				}
				taken.Add(1)
				fmt.Println(filepath.Join(out, name))
			}
		}
		return nil
	})
	for _, d := range dead {
		fmt.Println("dead link:", d)
	}
	if err != nil {
		return err
	}
	fmt.Printf("%d pictures in %s\n", taken.Load(), out)
	return sheets(ctx, out, sizes, colours)
}

// sheets lays the pictures of each screen and colours side by side.
func sheets(ctx context.Context, out string, sizes, colours []string) error {
	montage, err := exec.LookPath("montage")
	if err != nil {
		return nil
	}
	for _, size := range sizes {
		for _, colour := range colours {
			files, err := filepath.Glob(filepath.Join(out, "*-"+size+"-"+colour+".png"))
			if err != nil {
				return err
			}
			files = slices.DeleteFunc(files, func(f string) bool { return strings.HasPrefix(filepath.Base(f), "sheet-") })
			for i := 0; len(files) > 0; i++ {
				n := min(12, len(files))
				sheet := filepath.Join(out, fmt.Sprintf("sheet-%02d-%s-%s.png", i, size, colour))
				args := append([]string{"-label", "%t"}, files[:n]...)
				args = append(args, "-tile", "6x", "-geometry", "420x900>+8+8", "-gravity", "north", "-background", "#888", sheet)
				if b, err := exec.CommandContext(ctx, montage, args...).CombinedOutput(); err != nil {
					return fmt.Errorf("montage: %w: %s", err, b)
				}
				fmt.Println(sheet)
				files = files[n:]
			}
		}
	}
	return nil
}
