package words

import (
	"strconv"
	"strings"
)

// A Currency is one in which prices can be given.
type Currency struct {
	Code   string // ISO 4217
	Symbol string // before an amount; the code where there is none
	Digits int    // of its smallest unit: 2 of cents
}

// Currencies lists them, the most used first.
var Currencies = []Currency{
	{"EUR", "€", 2}, {"USD", "$", 2}, {"GBP", "£", 2}, {"CHF", "", 2}, {"AED", "", 2}, {"AUD", "A$", 2}, {"BRL", "R$", 2}, {"CAD", "CA$", 2}, {"CLP", "", 0}, {"CNY", "CN¥", 2},
	{"CZK", "", 2}, {"DKK", "", 2}, {"HKD", "HK$", 2}, {"HUF", "", 2}, {"IDR", "", 2}, {"ILS", "₪", 2}, {"INR", "₹", 2}, {"ISK", "", 0}, {"JPY", "¥", 0}, {"KRW", "₩", 0},
	{"KWD", "", 3}, {"MXN", "MX$", 2}, {"MYR", "", 2}, {"NOK", "", 2}, {"NZD", "NZ$", 2}, {"PLN", "", 2}, {"RON", "", 2}, {"SEK", "", 2}, {"SGD", "S$", 2}, {"THB", "", 2},
	{"TND", "", 3}, {"TRY", "₺", 2}, {"UAH", "", 2}, {"VND", "₫", 0}, {"ZAR", "", 2},
}

// CurrencyOf is the currency with the code.
func CurrencyOf(code string) (Currency, bool) {
	for _, c := range Currencies {
		if c.Code == code {
			return c, true
		}
	}
	return Currency{Code: code, Digits: 2}, false
}

// Money says an amount, given in the smallest unit of the currency.
func (b *Book) Money(amount int64, currency string) string {
	c, _ := CurrencyOf(currency)
	symbol := c.Symbol
	if symbol == "" {
		symbol = c.Code + "\u00a0"
	}
	unit := unitsOf(c)
	text := b.Number(amount / unit)
	if c.Digits > 0 {
		part := strconv.FormatInt(amount%unit+unit, 10)[1:]
		text += b.T("number.point") + part
	}
	return b.T("number.money", "symbol", symbol, "amount", text)
}

func unitsOf(c Currency) int64 {
	unit := int64(1)
	for range c.Digits {
		unit *= 10
	}
	return unit
}

// mostMoney is more than anything costs, and far from overflowing.
const mostMoney = 1_000_000_000_000

// ReadMoney reads an amount as it is typed, "1,250.50", in the smallest unit of the
// currency. One sign with one or two digits behind it is the point, whichever it
// is. What is not an amount above nothing is refused, and what could be two.
func (b *Book) ReadMoney(s, currency string) (amount int64, ok bool) {
	group, point := b.T("number.group"), b.T("number.point")
	s = strings.TrimSpace(s)
	if before, after, has := strings.Cut(s, group); has && (len(after) == 1 || len(after) == 2) && !strings.Contains(before, point) {
		s = before + point + after
	}
	c, known := CurrencyOf(currency)
	whole, part, has := strings.Cut(s, point)
	groups := strings.Split(whole, group)
	for i, g := range groups {
		if len(groups) > 1 && (i > 0 && len(g) != 3 || i == 0 && (g == "" || len(g) > 3)) {
			return 0, false
		}
	}
	whole = strings.Join(groups, "")
	if !known || has && len(part) > c.Digits || strings.ContainsFunc(whole+part, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", c.Digits-len(part)), 10, 64)
	return n, err == nil && n > 0 && n <= mostMoney
}
