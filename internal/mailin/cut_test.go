package mailin

import (
	"strings"
	"testing"
	"time"
)

// What people's programs make of an answer. Each was written for this test, in
// the form that the program has.
var mails = []struct{ name, text, want string }{
	{"nothing to cut", "Yes, go ahead.\n\nMiranda", "Yes, go ahead.\n\nMiranda"},
	{"gmail", `Looks great, thanks!

On Thu, Mar 12, 2026 at 2:02 PM Ana Ruiz (Honcho Design) <
reply+1abc@in.honcho.test> wrote:

> Ana shared the new logo.
>
> Open it: https://portal.honcho.test/d/1
`, "Looks great, thanks!"},
	{"gmail, signature above the quote", "Please use the second one.\n\n-- \nMiranda Leto\nLeto Brand\n\nOn Thu, Mar 12, 2026 at 2:02 PM Ana Ruiz <ana@honcho.test> wrote:\n> Which?\n", "Please use the second one."},
	{"gmail, German", "Passt so.\n\nAm Do., 12. März 2026 um 14:02 Uhr schrieb Ana Ruiz (Honcho Design) <\nreply+1abc@in.honcho.test>:\n\n> Passt das?\n", "Passt so."},
	{"gmail, French", "Parfait.\n\nLe jeu. 12 mars 2026 à 14:02, Ana Ruiz <ana@honcho.test> a écrit :\n\n> Ça va ?\n", "Parfait."},
	{"gmail, Spanish", "De acuerdo.\n\nEl jue, 12 mar 2026 a las 14:02, Ana Ruiz (<ana@honcho.test>) escribió:\n\n> ¿Vale?\n", "De acuerdo."},
	{"gmail, Italian", "Va bene.\n\nIl giorno gio 12 mar 2026 alle ore 14:02 Ana Ruiz <ana@honcho.test> ha scritto:\n\n> Va bene?\n", "Va bene."},
	{"gmail, Dutch", "Akkoord.\n\nOp do 12 mrt 2026 om 14:02 schreef Ana Ruiz <ana@honcho.test>:\n\n> Akkoord?\n", "Akkoord."},
	{"gmail, Portuguese", "Pode ser.\n\nAna Ruiz <ana@honcho.test> escreveu (quinta, 12/03/2026 à(s) 14:02):\n\n> Pode?\n", "Pode ser."},
	{"gmail, Swedish", "Bra.\n\nDen tors 12 mars 2026 kl 14:02 skrev Ana Ruiz <ana@honcho.test>:\n\n> Bra?\n", "Bra."},
	{"gmail, Danish", "Fint.\n\ntor. 12. mar. 2026 kl. 14.02 skrev Ana Ruiz <ana@honcho.test>:\n\n> Fint?\n", "Fint."},
	{"gmail, Finnish", "Sopii.\n\nto 12. maalisk. 2026 klo 14.02 Ana Ruiz <ana@honcho.test> kirjoitti:\n\n> Sopiiko?\n", "Sopii."},
	{"gmail, Polish", "Zgoda.\n\nczw., 12 mar 2026 o 14:02 Ana Ruiz <ana@honcho.test> napisał(a):\n\n> Zgoda?\n", "Zgoda."},
	{"gmail, Czech", "Dobře.\n\nčt 12. 3. 2026 v 14:02 odesílatel Ana Ruiz <ana@honcho.test> napsal:\n\n> Dobře?\n", "Dobře."},
	{"gmail, Hungarian", "Rendben.\n\nAna Ruiz <ana@honcho.test> ezt írta (időpont: 2026. márc. 12., Cs, 14:02):\n\n> Rendben?\n", "Rendben."},
	{"gmail, Russian, without a verb", "Хорошо.\n\nчт, 12 мар. 2026 г. в 14:02, Ana Ruiz <ana@honcho.test>:\n\n> Хорошо?\n", "Хорошо."},
	{"gmail, Japanese, without a verb", "了解です。\n\n2026年3月12日(木) 14:02 Ana Ruiz <ana@honcho.test>:\n\n> よろしいですか\n", "了解です。"},
	{"gmail, Chinese", "好的。\n\nAna Ruiz <ana@honcho.test> 于2026年3月12日周四 14:02写道：\n\n> 可以吗？\n", "好的。"},
	{"gmail, Korean", "좋습니다.\n\n2026년 3월 12일 (목) 오후 2:02, Ana Ruiz <ana@honcho.test>님이 작성:\n\n> 괜찮습니까?\n", "좋습니다."},
	{"gmail, Turkish", "Tamam.\n\nAna Ruiz <ana@honcho.test>, 12 Mar 2026 Per, 14:02 tarihinde şunu yazdı:\n\n> Tamam mı?\n", "Tamam."},
	{"outlook", `Approved.

Kind regards
Miranda

________________________________
From: Ana Ruiz (Honcho Design) <reply+1abc@in.honcho.test>
Sent: Thursday, March 12, 2026 2:02 PM
To: Miranda Leto <miranda@leto.test>
Subject: Leto website: the new logo

Ana shared the new logo.
`, "Approved.\n\nKind regards\nMiranda"},
	{"outlook, without a line", "Approved.\n\nFrom: Ana Ruiz <a@honcho.test>\nSent: 12 March 2026 14:02\nTo: Miranda\nSubject: The logo\n\nPlease approve.\n", "Approved."},
	{"outlook, bold", "Approved.\n\n*From:* Ana Ruiz <a@honcho.test>\n*Sent:* 12 March 2026 14:02\n*To:* Miranda\n*Subject:* The logo\n\nPlease approve.\n", "Approved."},
	{"outlook, German", "Freigegeben.\n\nVon: Ana Ruiz <a@honcho.test>\nGesendet: Donnerstag, 12. März 2026 14:02\nAn: Miranda Leto\nBetreff: Das Logo\n\nBitte freigeben.\n", "Freigegeben."},
	{"outlook, old, German", "Ja.\n\n-----Ursprüngliche Nachricht-----\nVon: Ana\n\nJa?\n", "Ja."},
	{"outlook, French", "Validé.\n\nDe : Ana Ruiz <a@honcho.test>\nEnvoyé : jeudi 12 mars 2026 14:02\nÀ : Miranda Leto\nObjet : Le logo\n\nMerci de valider.\n", "Validé."},
	{"outlook, Spanish", "Aprobado.\n\nDe: Ana Ruiz <a@honcho.test>\nEnviado el: jueves, 12 de marzo de 2026 14:02\nPara: Miranda\nAsunto: El logo\n\n¿Apruebas?\n", "Aprobado."},
	{"outlook, Italian", "Approvato.\n\nDa: Ana Ruiz <a@honcho.test>\nInviato: giovedì 12 marzo 2026 14:02\nA: Miranda\nOggetto: Il logo\n\nApprovi?\n", "Approvato."},
	{"outlook, Dutch", "Akkoord.\n\nVan: Ana Ruiz <a@honcho.test>\nVerzonden: donderdag 12 maart 2026 14:02\nAan: Miranda\nOnderwerp: Het logo\n\nAkkoord?\n", "Akkoord."},
	{"outlook, Portuguese", "Aprovado.\n\nDe: Ana Ruiz <a@honcho.test>\nEnviada em: quinta-feira, 12 de março de 2026 14:02\nPara: Miranda\nAssunto: O logo\n\nAprova?\n", "Aprovado."},
	{"outlook, Polish", "Tak.\n\nOd: Ana Ruiz <a@honcho.test>\nWysłano: czwartek, 12 marca 2026 14:02\nDo: Miranda\nTemat: Logo\n\nTak?\n", "Tak."},
	{"outlook, Swedish", "Godkänt.\n\nFrån: Ana Ruiz <a@honcho.test>\nSkickat: den 12 mars 2026 14:02\nTill: Miranda\nÄmne: Logotypen\n\nOK?\n", "Godkänt."},
	{"outlook on a telephone", "Fine by me\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Ana\nSent: Thursday\nTo: Me\nSubject: Logo\n\nFine?\n", "Fine by me"},
	{"apple mail", "Let us talk on Monday.\n\n> On 12. Mar 2026, at 14:02, Ana Ruiz <ana@honcho.test> wrote:\n> \n> When shall we talk?\n", "Let us talk on Monday."},
	{"apple mail, unquoted attribution", "Monday.\n\nOn 12 Mar 2026, at 14:02, Ana Ruiz <ana@honcho.test> wrote:\n\n> When?\n", "Monday."},
	{"iphone", "Yes please\n\nSent from my iPhone\n\n> On 12. Mar 2026, at 14:02, Ana Ruiz <ana@honcho.test> wrote:\n> \n> \ufeffShall we?\n", "Yes please"},
	{"iphone, German", "Ja bitte\n\nVon meinem iPhone gesendet\n\n> Am 12.03.2026 um 14:02 schrieb Ana Ruiz <ana@honcho.test>:\n> \n> Sollen wir?\n", "Ja bitte"},
	{"iphone, French", "Oui\n\nEnvoyé de mon iPhone\n\n> Le 12 mars 2026 à 14:02, Ana Ruiz <ana@honcho.test> a écrit :\n> \n> On y va ?\n", "Oui"},
	{"android", "Ok.\n\nSent from my Galaxy", "Ok."},
	{"yahoo", "Ok.\n\nSent from Yahoo Mail on Android", "Ok."},
	{"windows", "Ok.\n\nSent from Mail for Windows", "Ok."},
	{"proton", "Ok.\n\nSent with Proton Mail secure email.\n\nOn Thursday, March 12th, 2026 at 14:02, Ana Ruiz <ana@honcho.test> wrote:\n\n> Ok?\n", "Ok."},
	{"thunderbird, above", "Gut.\n\nAm 12.03.26 um 14:02 schrieb Ana Ruiz:\n> Gut?\n>\n", "Gut."},
	{"thunderbird, below", "Am 12.03.26 um 14:02 schrieb Ana Ruiz:\n> Welche Farbe?\n\nBlau, bitte.\n\n-- \nMiranda Leto\nTel. 030 123456\n", "Blau, bitte."},
	{"between the lines", "On 12/03/2026 14:02, Ana Ruiz wrote:\n> Which colour?\n\nBlue.\n\n> And which size?\n> We have A4 and A5.\n\nA4, please.\n\n> Regards, Ana\n",
		"> Which colour?\n\nBlue.\n\n> And which size?\n> We have A4 and A5.\n\nA4, please."},
	{"above and between the lines", "Two answers below.\n\nOn 12/03/2026 14:02, Ana Ruiz wrote:\n> Colour?\nBlue.\n> Size?\nA4.\n", "Two answers below.\n\n> Colour?\n\nBlue.\n\n> Size?\n\nA4."},
	{"quotes of quotes", "On 12/03/2026 14:02, Ana Ruiz wrote:\n>> I want it blue.\n> How blue?\nVery.\n> And when?\nNow.\n", "> How blue?\n\nVery.\n\n> And when?\n\nNow."},
	{"a long quote between the lines", "On 12/03/2026 14:02, Ana Ruiz wrote:\n" + strings.Repeat("> words\n", 30) + "One.\n> q\nTwo.\n", "> …\n" + strings.Repeat("> words\n", 10) + "\nOne.\n\n> q\n\nTwo."},
	{"a company's footer below the quote", "Fine.\n\nOn 12/03/2026 14:02, Ana Ruiz wrote:\n> Fine?\n\nThis e-mail and any attachments are confidential.\nIf you are not the intended recipient, delete it.\n", "Fine."},
	{"a quote without announcement", "Fine.\n\n> Fine?\n", "Fine."},
	{"nothing but a quote", "On 12/03/2026 14:02, Ana Ruiz wrote:\n> Fine?\n", ""},
	{"nothing but a signature", "-- \nMiranda Leto\n", ""},
	{"a card", "Please change the date.\n\nMit freundlichen Grüßen\n\nMiranda Leto\nGeschäftsführerin\n\nLeto Brand GmbH\nTel.: +49 30 1234567\nwww.leto.test\n", "Please change the date.\n\nMit freundlichen Grüßen\n\nMiranda Leto"},
	{"thanks that are no end", "Thanks,\nMiranda\n\nThe rest comes tomorrow, and then we should talk about the colours.\n", "Thanks,\nMiranda\n\nThe rest comes tomorrow, and then we should talk about the colours."},
	{"said, not announced", "Ana wrote that it was fine:\n\nit is.\n", "Ana wrote that it was fine:\n\nit is."},
	{"a journey, no header", "From: Berlin\nTo: Hamburg\nDate: 12 March\n\nPlease book it.", "From: Berlin\nTo: Hamburg\nDate: 12 March\n\nPlease book it."},
	{"sent by courier", "The samples are on their way.\nSent by courier on Monday.", "The samples are on their way.\nSent by courier on Monday."},
	{"a list with dashes", "Three things:\n- one\n- two\n--- three\n\nBest\nM", "Three things:\n- one\n- two\n--- three\n\nBest\nM"},
	{"many empty lines", "One.\n\n\n\n\nTwo.\n\n", "One.\n\nTwo."},
	{"forwarded", "See below.\n\n---------- Forwarded message ---------\nFrom: X\nDate: today\nSubject: y\n\ntext\n", "See below."},
}

func TestCut(t *testing.T) {
	for _, m := range mails {
		if got := cut(text([]byte(m.text), "")); got != m.want {
			t.Errorf("%s: got\n%s\nwant\n%s", m.name, got, m.want)
		}
	}
}

// T202 for mail: what is meant to be slow takes as long as any text of its size.
func TestCutIsQuick(t *testing.T) {
	for _, unit := range []string{"> ", ">", "On 1.1.2026 ", "From: x\n", "On\nOn\n\n", "-- \n", "a wrote:\n", "Sent from my ", "_", "-", "On 12/03/2026 14:02, A <a@b.c> wrote:\n> x\ny\n", "Thanks\n", "+1 ", "<a@", " \n"} {
		s := strings.Repeat(unit, maxText/len(unit))
		start := time.Now()
		cut(s)
		if d := time.Since(start); d > time.Second {
			t.Errorf("%q takes %v", unit, d)
		}
	}
}
