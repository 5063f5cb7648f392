package demo

import (
	"image"
	"image/color"
	"math"
	"strconv"
)

// The pictures in the files of the demo. Each is drawn when the demo is made.

// wordmark is Leto's, in one of its rounds.
func wordmark(ink, ground color.RGBA, room float64) canvas {
	c := plain(1200, 675, ground)
	c.centred(ink, 260, room, 410, "leto")
	c.bar(ink, 380, 500, 440, 6)
	return c
}

// dyes shows Leto's colours, with the yellow of a round.
func dyes(yellow color.RGBA, name string) canvas {
	c := plain(1200, 675, chalk)
	all := []struct {
		col  color.RGBA
		name string
	}{{madder, "Madder"}, {yellow, name}, {woad, "Woad"}, {walnut, "Walnut"}, {lichen, "Lichen"}}
	for i, d := range all {
		c.bar(d.col, 60+i*220, 90, 200, 400)
		c.write(soot, 28, 60+i*220, 540, d.name)
		c.write(walnut, 20, 60+i*220, 575, hex(d.col))
	}
	return c
}

func hex(c color.RGBA) string {
	return "#" + strconv.FormatInt(1<<24|int64(c.R)<<16|int64(c.G)<<8|int64(c.B), 16)[1:]
}

// hero is the top of Leto's home page: how much of it is cloth grew with the
// rounds.
func hero(cloth float64, button color.RGBA, head string, lines ...string) canvas {
	const w, h = 1440, 810
	c := sky(w, h, chalk, linen)
	top := h * (1 - cloth)
	c.fold(unbleach, top, 40, 210, 0.3)
	c.fold(blend(unbleach, walnut, 0.16), top+110, 46, 260, 1.7)
	c.fold(blend(linen, madder, 0.22), top+250, 38, 190, 3.1)
	c.weave(image.Rect(0, int(top)+20, w, h), 12)
	c.write(walnut, 30, 90, 90, "leto")
	x := 960
	for _, s := range []string{"Shop", "Journal", "Care", "Basket"} {
		x = c.write(soot, 20, x, 88, s) + 48
	}
	c.write(soot, 72, 90, 230, head)
	for i, l := range lines {
		c.write(walnut, 24, 92, 290+36*i, l)
	}
	y := 300 + 36*len(lines)
	c.bar(button, 92, y, 230, 60)
	c.write(chalk, 22, 122, y+38, "See the cloth")
	return c
}

// photograph is of a product: something folded on the grey cloth.
func photograph(cloth color.RGBA, folds int) canvas {
	const w, h = 1500, 1000
	c := sky(w, h, color.RGBA{0xb9, 0xb8, 0xb4, 0xff}, color.RGBA{0x8f, 0x8d, 0x88, 0xff})
	c.weave(c.Bounds(), 5)
	c.shape(faint(soot, 0.25), 330, 760, 1230, 760, 1290, 800, 390, 810) // its shadow
	for i := range folds {
		y := 750 - float64(i)*420/float64(folds)
		x := 20 * math.Sin(float64(i)*1.7)
		thick := 420/float64(folds) - 6
		c.shape(blend(cloth, soot, 0.06*float64(i%3)), 320+x, y, 1190+x, y, 1200+x, y-thick, 330+x, y-thick)
		c.weave(image.Rect(int(332+x), int(y-thick), int(1190+x), int(y)), 16)
		c.bar(faint(chalk, 0.35), int(330+x), int(y-thick), 870, 3)
	}
	return c
}

// phone is a page as a phone shows it.
func phone(title string, soldOut bool) canvas {
	c := plain(780, 1400, chalk)
	c.write(walnut, 44, 48, 96, "leto")
	c.bar(unbleach, 48, 150, 684, 620)
	c.fold(chalk, 1320, 6, 60, 0)
	c.weave(image.Rect(48, 150, 732, 770), 14)
	c.write(soot, 46, 48, 860, title)
	c.write(walnut, 30, 48, 915, "Stonewashed, 140 × 200 cm")
	if soldOut {
		c.write(madder, 30, 48, 975, "Sold out. Back on the looms in three weeks.")
		c.bar(unbleach, 48, 1030, 684, 100)
		c.write(soot, 34, 270, 1092, "Tell me when")
	} else {
		c.write(soot, 30, 48, 975, "129 €  ·  3 in stock")
		c.bar(lichen, 48, 1030, 684, 100)
		c.write(chalk, 34, 250, 1092, "Put in basket")
	}
	for i, s := range []string{"Size", "Care", "The story of the cloth", "Reviews"} {
		c.bar(unbleach, 48, 1180+i*56, 684, 2)
		c.write(soot, 26, 48, 1220+i*56, s)
	}
	return c
}

// box is the lid of Leto's box, with the mark of a size.
func box(mark float64, address bool) canvas {
	c := sky(1200, 900, color.RGBA{0xd8, 0xd6, 0xd1, 0xff}, color.RGBA{0xc4, 0xc1, 0xba, 0xff})
	c.shape(faint(soot, 0.18), 260, 720, 980, 720, 1040, 780, 300, 780)
	c.bar(unbleach, 220, 160, 760, 560)
	c.weave(image.Rect(220, 160, 980, 720), 6)
	c.bar(madder, 220, 400, 760, 74) // the band
	c.centred(soot, mark, mark/12, 330, "leto")
	if address {
		c.centred(walnut, 30, 4, 640, "www.leto.example")
	}
	return c
}

// poster is a departure board on the side of a tram.
func poster(top, bottom, ink color.RGBA, bird, to, at string) canvas {
	c := sky(1800, 600, top, bottom)
	c.spaced(ink, 40, 6, 80, 110, "DEPARTURES")
	c.write(ink, 150, 76, 320, to)
	c.spaced(ink, 46, 2, 80, 430, bird)
	c.write(ink, 120, 1340, 320, at)
	for i := range 7 { // a flock
		x, y := 1180+float64(i)*70, 470-float64((i*37)%90)
		c.shape(faint(ink, 0.8), x, y, x+22, y+10, x+44, y-4, x+22, y+4)
	}
	c.centred(faint(ink, 0.7), 28, 2, 560, "Migration. The winter exhibition at the Kestrel Museum.")
	return c
}

// board is a departure board that turns to the next bird.
func board() []byte {
	rows := []string{"SWIFT          KINSHASA     04:12", "WHITE STORK    KHARTOUM     05:30", "ARCTIC TERN    WEDDELL SEA  05:41", "BARN SWALLOW   CAPE TOWN    06:05"}
	small := face(26)
	return flip(640, 240, 12, 22, night, amber, func(frame int, on *image.Paletted) {
		for i, r := range rows {
			shown := min(len(r), (frame+1-i)*6)
			if shown > 0 {
				write(on, image.NewUniform(amber), small, 1, 20, 50+i*52, r[:shown])
			}
		}
	})
}

// button shows a button in its states, one after the other.
func button() []byte {
	states := []string{"Put in basket", "Put in basket", "One moment …", "In your basket"}
	f := face(30)
	return flip(480, 160, len(states), 70, lichen, chalk, func(frame int, on *image.Paletted) {
		for y := 36; y < 124; y++ {
			for x := 40; x < 440; x++ {
				on.SetColorIndex(x, y, uint8(12-3*frame/2))
			}
		}
		write(on, image.NewUniform(lichen), f, 0, 120, 92, states[frame])
	})
}

// tin is one of Nordlicht's.
func tin(top, bottom, lid color.RGBA, name string, moon float64) canvas {
	c := sky(900, 1100, chalk, color.RGBA{0xdd, 0xd9, 0xcf, 0xff})
	body := sky(520, 760, top, bottom)
	body.disc(faint(chalk, 0.9), 380, moon, 54)
	body.fold(blend(bottom, soot, 0.35), 600, 30, 90, 0.8)
	body.fold(blend(bottom, soot, 0.6), 670, 20, 60, 2)
	copyInto(c, body, 190, 230)
	c.bar(lid, 176, 170, 548, 74)
	c.centred(chalk, 64, 6, 470, name)
	c.centred(chalk, 24, 3, 520, "Nordlicht Tea")
	return c
}

func copyInto(c, part canvas, x, y int) {
	for row := range part.Bounds().Dy() {
		copy(c.Pix[c.PixOffset(x, y+row):], part.Pix[part.PixOffset(0, row):part.PixOffset(part.Bounds().Dx(), row)])
	}
}

// letterhead is Marram's paper.
func letterhead() canvas {
	c := plain(1240, 700, chalk)
	c.write(deed, 64, 110, 150, "Marram Law")
	c.bar(deed, 112, 180, 90, 5)
	for i, s := range []string{"4 Sandgate Row", "Reachable, plain, thorough.", "Telephone 01 555 0142"} {
		c.write(soot, 22, 860, 110+32*i, s)
	}
	for i := range 7 {
		c.bar(unbleach, 112, 330+i*42, 900-(i*137)%260, 10)
	}
	return c
}

const iconSet = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="120" viewBox="0 0 480 120" fill="none" stroke="#2b2a28" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">
  <title>Icons of the shop: basket, search, care, back on the looms</title>
  <path d="M24 48h72l-8 44H32zM42 48l10-22M78 48 68 26"/>
  <circle cx="172" cy="54" r="24"/><path d="m190 72 20 20"/>
  <path d="M264 44h72l-6 44h-60zM264 58q9-10 18 0t18 0 18 0 18 0"/>
  <path d="M396 26v68M412 26v68M428 26v68M444 26v68M386 44q34 18 68 0M386 72q34 18 68 0" stroke="#b04a3a"/>
</svg>
`

const markDrawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 160" fill="#2b2a28">
  <title>leto, the word mark</title>
  <path d="M30 20h18v84q0 12 12 12h8v16H56q-26 0-26-26z"/>
  <path d="M118 54q38 0 38 42H98q2 20 22 20 13 0 20-9l12 9q-11 18-33 18-39 0-39-40 0-40 38-40zm-19 30h38q-2-16-19-16-16 0-19 16z"/>
  <path d="M186 30h18v26h24v15h-24v34q0 12 12 12h12v15h-16q-26 0-26-26z"/>
  <path d="M284 54q40 0 40 40t-40 40-40-40 40-40zm0 16q-22 0-22 24t22 24 22-24-22-24z"/>
  <rect x="30" y="146" width="294" height="4"/>
</svg>
`

const hallMap = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400" font-family="sans-serif" font-size="16">
  <title>Halls 1 to 4, north up</title>
  <rect width="600" height="400" fill="#f4f1ea"/>
  <g fill="#fff" stroke="#14213d" stroke-width="3">
    <rect x="40" y="40" width="220" height="140"/><rect x="260" y="40" width="300" height="140"/>
    <rect x="40" y="180" width="300" height="180"/><rect x="340" y="180" width="220" height="180"/>
  </g>
  <g fill="#14213d"><text x="60" y="70">1 Albatross</text><text x="280" y="70">2 Swifts</text><text x="60" y="210">3 Insects</text><text x="360" y="210">4 Machines</text></g>
  <g stroke="#c1121f" stroke-width="4" fill="none"><path d="M150 340V180M260 110h-40M340 270h40"/></g>
  <path d="M560 30v-24m-8 10 8-10 8 10" stroke="#14213d" stroke-width="2" fill="none"/>
</svg>
`

const housePlan = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 500" fill="none" stroke="#222" stroke-width="2" font-family="sans-serif" font-size="14">
  <title>School in Roskilde, ground floor, 1:200</title>
  <path d="M60 60h680v300H460v80H60z" stroke-width="8"/>
  <path d="M260 60v380M460 60v300M60 250h200M460 210h280M600 60v150" stroke-width="4"/>
  <path d="M260 330a40 40 0 0 1 40 40M460 120a40 40 0 0 0-40 40M140 250a40 40 0 0 1 40-40" stroke="#999"/>
  <g fill="#222" stroke="none"><text x="90" y="100">Class 1</text><text x="90" y="300">Class 2</text><text x="320" y="260">Hall of trees</text><text x="490" y="100">Library</text><text x="630" y="100">Music</text><text x="540" y="300">Kitchen garden</text></g>
</svg>
`
