package mailin

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Mail programs put what is answered below or above the answer, each in its own
// way and in the language of its owner. What follows finds where it begins: it
// takes away only what is recognised, so that at worst too much is posted.
// Every rule looks at one line, or at a few from one line on, so that the time
// it takes grows with the text alone.

const (
	attributionLines = 4 // over which "On Thursday, Ana wrote:" may be broken
	maxAttribution   = 400
	blockLines       = 12 // in which the header of a quoted mail stands
	signatureLines   = 25 // that a signature without a mark may have
	quoteLines       = 10 // kept of what an answer between the lines is to
)

// cut returns what the author of a text wrote this time: without what is
// answered and without a signature. An answer between the lines of a quote
// keeps the lines that it is to.
func cut(text string) string {
	all := strings.Split(text, "\n")
	lines, below := splitQuote(all)
	if signed := withoutSignature(lines); below == nil || said(signed) {
		return tidy(append(withoutSignature(unquoteEnd(signed)), answers(below)...))
	}
	return tidy(answers(below))
}

// splitQuote finds where what is answered begins. What stands below is returned
// only when it is quoted line by line, and may have answers in it.
func splitQuote(lines []string) (above, below []string) {
	for i := range lines {
		line := strings.TrimSpace(lines[i])
		if line == "" || line[0] == '>' {
			continue
		}
		if isDivider(line) || isHeaderBlock(lines[i:]) {
			return lines[:i], nil
		}
		if n := attribution(lines[i:]); n > 0 {
			rest := lines[i+n:]
			if quotes(rest) {
				return lines[:i], rest
			}
			return lines[:i], nil
		}
	}
	return lines, nil
}

// quotes reports whether the text goes on with lines that begin with >.
func quotes(lines []string) bool {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			return line[0] == '>'
		}
	}
	return false
}

func said(lines []string) bool {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" && line[0] != '>' {
			return true
		}
	}
	return false
}

// answers are what was written between and below quoted lines. Of a single
// quote before a single answer, the answer is left; of several, each keeps the
// end of the quote that it is to.
func answers(lines []string) []string {
	type piece struct{ quote, answer []string }
	var pieces []piece
	var p piece
	for _, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, ">"):
			if said(p.answer) {
				pieces = append(pieces, p)
				p = piece{}
			}
			p.answer = nil
			p.quote = append(p.quote, trimmed)
		default:
			p.answer = append(p.answer, line)
		}
	}
	if p.answer = withoutSignature(p.answer); said(p.answer) && !isFooter(p.answer) {
		pieces = append(pieces, p)
	}
	var out []string
	for _, p := range pieces {
		if len(pieces) > 1 {
			out = append(append(out, ""), shortQuote(p.quote)...)
			out = append(out, "")
		}
		out = append(out, p.answer...)
	}
	return out
}

// isFooter reports what a company's or a list's mail server puts below every
// mail.
func isFooter(lines []string) bool {
	for i, n := 0, 0; i < len(lines) && n < 3; i++ {
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		if n++; footer.MatchString(lines[i]) {
			return true
		}
	}
	return false
}

var footer = regexp.MustCompile(`(?i)confidential|privileged|intended recipient|vertraulich|confidentiel|confidencial|riservat|vertrouwelijk|konfidentiell|fortrolig|luottamuksell|poufn|důvěrn|` +
	`disclaimer|haftungsausschluss|unsubscribe|abmelden|mailing list|virus-free|virenfrei|sans virus|libre de virus|avast|before printing|umwelt|google groups|registered (?:office|in england)|amtsgericht|^_{5,}|^-{5,}`)

// shortQuote is the end of a quote, without what it quotes itself.
func shortQuote(lines []string) []string {
	var own []string
	for _, line := range lines {
		line = strings.TrimSpace(line[1:])
		if strings.HasPrefix(line, ">") || line == "" && len(own) == 0 || attribution([]string{line}) > 0 {
			continue
		}
		own = append(own, line)
	}
	for len(own) > 0 && own[len(own)-1] == "" {
		own = own[:len(own)-1]
	}
	if len(own) > quoteLines {
		own = append([]string{"…"}, own[len(own)-quoteLines:]...)
	}
	for i, line := range own {
		own[i] = strings.TrimRight("> "+line, " ")
	}
	return own
}

// unquoteEnd takes away a quote at the end, which nothing announces and nothing
// answers, and what of a quote stands above the first answer.
func unquoteEnd(lines []string) []string {
	end := len(lines)
	for end > 0 {
		if line := strings.TrimSpace(lines[end-1]); line != "" && line[0] != '>' {
			break
		}
		end--
	}
	lines = lines[:end]
	for i, line := range lines {
		if line = strings.TrimSpace(line); line != "" && line[0] == '>' {
			return append(lines[:i:i], answers(lines[i:])...)
		}
	}
	return lines
}

func isShort(line string) bool { return utf8.RuneCountInString(line) <= 80 }

// withoutSignature takes away what mail programs and people put below every
// mail.
func withoutSignature(lines []string) []string {
	for i, line := range lines {
		trimmed := strings.TrimRight(line, " \t")
		// Without its space at the end the line may be somebody's own.
		if line == "-- " || (trimmed == "--" || trimmed == "—" || trimmed == "__") && len(lines)-i <= signatureLines && i > 0 {
			lines = lines[:i]
			break
		}
	}
	left := 6 // lines from the end in which a device may sign
	for i := len(lines) - 1; i >= 0 && left > 0; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		left--
		if isShort(line) && device.MatchString(line) {
			lines = lines[:i]
		}
	}
	return withoutCard(lines)
}

// withoutCard takes away the lines below somebody's name at the end: position,
// telephone, what the law wants. Without a number or an address among them they
// are left, as they may be what was to be said.
func withoutCard(lines []string) []string {
	for i := len(lines) - 1; i >= 0 && i > len(lines)-signatureLines; i-- {
		line := strings.TrimSpace(lines[i])
		if utf8.RuneCountInString(line) > 60 || !closing.MatchString(line) {
			continue
		}
		name := i + 1
		for name < len(lines) && strings.TrimSpace(lines[name]) == "" {
			name++
		}
		if name >= len(lines) || !isShort(lines[name]) {
			return lines
		}
		for _, l := range lines[name+1:] {
			if reach.MatchString(l) {
				return lines[:name+1]
			}
		}
		return lines
	}
	return lines
}

// tidy takes away empty lines around a text, and all but one in it.
func tidy(lines []string) string {
	var b strings.Builder
	blank := false
	for _, line := range lines {
		line = strings.TrimRight(line, " \t")
		if strings.TrimSpace(line) == "" {
			blank = b.Len() > 0
			continue
		}
		if blank {
			b.WriteByte('\n')
			blank = false
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n")
}

// attribution is how many lines announce a quote: "On Thu, Ana wrote:".
func attribution(lines []string) int {
	first := strings.TrimLeft(strings.TrimSpace(lines[0]), "*_")
	if first == "" {
		return 0
	}
	var b strings.Builder
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if i >= attributionLines || line == "" || line[0] == '>' || b.Len()+len(line) > maxAttribution {
			return 0
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(line)
		if strings.HasSuffix(strings.TrimRight(line, "*_ "), ":") || strings.HasSuffix(line, "：") {
			s := strings.Trim(b.String(), "*_ ")
			switch {
			case !dated.MatchString(s) && !mailed.MatchString(s):
			case announced.MatchString(s), mailed.MatchString(s) && quotes(lines[i+1:]):
				return i + 1
			}
			return 0
		}
	}
	return 0
}

// Who wrote something, in the languages that mail programs speak: the verb at
// the end, or at the beginning with a name and a date after it.
var (
	announced = regexp.MustCompile(`(?i)(?:(?:^|[\s,>)"])(?:wrote|writes|schrieb|geschrieben|a écrit|ha escrito|escribió|escreveu|ha scritto|scrisse|schreef|geschreven|skrev|skrifaði|` +
		`kirjoitti|napisał|napisała|napisał\(a\)|napsal|napsala|napsal\(a\)|napísal|napísala|napísal\(a\)|írta|a scris|написал|написала|написал\(а\)|пише|пишет|написав|yazdı|şunları yazdı|έγραψε|va escriure|kirjutas|rašė|rakstīja|pisze|je napisao|je napisal|viết)(?:[\s,<"'(].{0,120})?` +
		`|写道|寫道|のメール|のメッセージ|作成|작성|님이)\s*[:：]\s*$`)
	// Some have no verb: a date, a name and an address.
	mailed = regexp.MustCompile(`<[^<>\s]+@[^<>\s]+>\)?\s*[:：]\s*$`)
	// A date has a year, a time, or a month and a day.
	dated = regexp.MustCompile(`\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|[年月日]`)
)

// isDivider reports a line that stands between an answer and the mail that it
// is to.
func isDivider(line string) bool {
	return len(line) <= 200 && divider.MatchString(line)
}

var divider = regexp.MustCompile(`(?i)^[\s*_]*(?:-{2,}|_{2,}|={2,})\s*(?:original message|original appointment|forwarded message|forwarded by .{1,80}|reply message|` +
	`ursprüngliche nachricht|originalnachricht|ursprünglicher termin|weitergeleitete nachricht|originaltext|` +
	`message d['’]origine|message original|message transféré|courriel original|e-mail d['’]origine|` +
	`mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|oorspronkelijk(?:e)? bericht|doorgestuurd bericht|` +
	`mensagem original|mensagem encaminhada|originalmeddelande|ursprungligt meddelande|vidarebefordrat meddelande|oprindelig meddelelse|original meddelelse|videresendt meddelelse|opprinnelig melding|videresendt melding|` +
	`alkuperäinen viesti|välitetty viesti|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana|původní zpráva|přeposlaná zpráva|pôvodná správa|eredeti üzenet|mesaj original|` +
	`исходное сообщение|пересылаемое сообщение|оригинальное сообщение|orijinal ileti|özgün ileti|αρχικό μήνυμα|原始邮件|原始郵件|元のメッセージ|원본 메시지)\s*(?:-{2,}|_{2,}|={2,})?[\s*_]*$` +
	`|^(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht|início da mensagem encaminhada|vidarebefordrat brev|videresendt besked)\s*:\s*$` +
	`|^_{20,}$|^-{5,}\s*reply above this line\s*-{5,}$`)

// isHeaderBlock reports the lines with which Outlook begins a quoted mail:
// from, sent, to, subject, in the language of its owner.
func isHeaderBlock(lines []string) bool {
	if headerLine(lines[0]) != 'f' {
		return false
	}
	var found [128]bool
	for i, line := range lines[1:min(len(lines), blockLines)] {
		if i > 0 && strings.TrimSpace(line) == "" {
			break
		}
		found[headerLine(line)] = true
	}
	return found['s'] && (found['d'] || found['t'])
}

// headerLine says which line of a quoted header this is: f, d, t or s for from,
// date, to and subject, else 0.
func headerLine(line string) byte {
	line = strings.TrimLeft(line, " *_\t")
	end := strings.IndexAny(line, ":：")
	if end < 1 || end > 40 {
		return 0
	}
	return headerNames[strings.ToLower(strings.Trim(line[:end], " *_\t"))]
}

var headerNames = names(map[byte]string{
	'f': "from,von,de,da,van,från,fra,lähettäjä,od,feladó,de la,от,от кого,від,kimden,gönderen,από,expéditeur,remitente,mittente,afzender,afsender,avsändare,nadawca,odesílatel,发件人,寄件者,差出人,보낸 사람",
	'd': "sent,date,gesendet,datum,envoyé,envoyé le,date d'envoi,date d’envoi,enviado,enviado el,enviada,enviada em,enviado em,fecha,inviato,data,verzonden,skickat,sendt,dato,lähetetty,päivämäärä," +
		"wysłano,wysłane,odesláno,odoslané,elküldve,trimis,отправлено,дата,надіслано,gönderildi,gönderme tarihi,tarih,στάλθηκε,发送时间,日期,送信日時,日付,보낸 날짜",
	't': "to,cc,an,à,a,para,aan,till,til,kopia,kopi,vastaanottaja,do,komu,címzett,către,кому,kime,alıcı,προς,destinataire,destinatario,收件人,宛先,받는 사람",
	's': "subject,betreff,objet,asunto,oggetto,onderwerp,assunto,ämne,emne,aihe,temat,předmět,predmet,tárgy,subiect,тема,konu,θέμα,主题,主旨,件名,제목",
})

func names(kinds map[byte]string) map[string]byte {
	all := make(map[string]byte)
	for kind, list := range kinds {
		for name := range strings.SplitSeq(list, ",") {
			all[name] = kind
		}
	}
	return all
}

// device is what telephones and programs sign with.
var device = regexp.MustCompile(`(?i)^[\s*_(\[]*(?:` +
	`(?:sent|gesendet|diese nachricht wurde|von meinem|von mein|envoyé|enviado|enviada|inviato|verstuurd|verzonden|skickat|sendt|lähetetty|wysłan[eo]|odesláno|odoslané|elküldve|trimis|отправлено|надіслано)[ :].{0,60}?` +
	`(?:iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|pixel|nokia|sony|motorola|oneplus|fairphone|blackberry|smartphone|handy|mobiltelefon|telefoon|mobile device|\bmobile\b|outlook|yahoo|gmx|web\.de|aol|proton ?mail|mail for windows|mail pour windows|mail para windows|mail app|\bmail\.ru|\bios\b|thunderbird|spark|superhuman|mailbird|windows phone).{0,60}|` +
	`(?:get|holen sie sich|télécharger|obtenir|obtener|obter(?: o)?|scarica|ottieni|hämta|hent|få|hanki|pobierz|stáhnout) outlook .{2,20}|outlook (?:für|voor) .{2,20} (?:beziehen|herunterladen|abrufen|downloaden|ophalen)|` +
	`iphone['’]?umdan gönderildi|i(?:phone|pad)から送信|나의 i(?:phone|pad)에서 보냄|(?:从|從)?(?:发自|發自|寄自)我的.{2,30})(?: ?<.{0,80}>)?[\s*_)\].]*$`)

// closing is what people write above their name.
var closing = regexp.MustCompile(`(?i)^(?:(?:with )?(?:(?:best|kind|kindest|warm|warmest|many|all the) )?(?:regards|wishes|thanks)|best|cheers|thanks(?: (?:a lot|so much|again|and (?:best|kind) regards))?|thank you(?: (?:very much|so much))?|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|` +
	`(?:mit )?(?:freundlichen?|besten?|herzlichen?|lieben?|schönen?|viele[n]?|sonnige[n]?) (?:lieben? )?(?:grüßen?|gruss|gruß|grüssen?|dank)|viele liebe grüße|mfg|lg|vg|beste grüße(?: aus .{2,20})?|` +
	`(?:bien )?(?:cordialement|sincèrement|amicalement|à vous|respectueusement)|bien à (?:vous|toi)|meilleures salutations|salutations(?: distinguées)?|` +
	`(?:un )?(?:cordial(?:es)? |afectuoso )?saludos?(?: cordiales)?|atentamente|cordialmente|(?:cordiali|distinti|i migliori) saluti|cordialmente|` +
	`(?:met )?(?:vriendelijke|hartelijke) groeten?|groet(?:en|jes)?|mvg|atenciosamente|cumprimentos|(?:com os )?melhores cumprimentos|abraços?|` +
	`(?:med )?(?:vänliga|vennlige?|venlig|bästa|beste) (?:hälsningar|hälsning|hilsen|hilsener)|mvh|(?:ystävällisin )?terveisin|pozdrawiam|z poważaniem|s pozdravem|üdvözlettel|с уважением)[\s,.!]*$`)

// reach is how somebody can be reached: a telephone number, an address.
var reach = regexp.MustCompile(`(?:\+|\b0|\(0?)\d[\d\s()./–-]{6,}|[\w.+-]+@[\w-]+\.[\w.-]+|\bwww\.|https?://|(?i:\b(?:tel|phone|fon|telefon|mobil|mobile|fax)\b\.?:?)`)
