package triage

import "strings"

// Words that say nothing of what is wrong. That two tickets have them in common is no
// reason to think that they have one cause, and in a small desk they are not yet common
// enough to show that by their number. They stand here as tokens writes them: in lower
// case and without marks.
const emptyWords = `
a about after again all also although always am an and another any anybody anyone anything are aren as ask asked asking at away
back be became because been before being below best better between both but by call came can cannot cant come comes coming could couldn
day days dear did didn do does doesn doing don done during
each either else even ever every everybody everything
few first for from further
gave get gets getting give given go goes going gone good got great greetings
had hadn has hasn have haven having he hello help helped helps her here hers hi him his hope how however
if in into is isn it its itself
just keep keeps kept kind kindly know known
last later least less let like ll longer look looks lot
made make makes many may maybe me mean might mine more morning most much must my myself
need needed needs neither never new next no nobody none nor not nothing now
of off often on once one only or other others otherwise our ours out over own
per perhaps please possible problem problems put
quite rather re really regards right
said same saw say says see seem seems seen several shall she should shouldn since so some somebody someone something sometimes somewhat soon still such suddenly sure
take tell than thank thanks that the their theirs them themselves then there these they thing things think this those though through till time times to today together told tomorrow too tried try trying two
under unfortunately until up upon us use used uses using usual usually
ve very via want wanted wants was wasn way we week well went were weren what when whenever where whether which while who whole whom whose why will with within without won would wouldn
yes yesterday yet you your yours

aber ab alle allem allen aller alles als also am an andere anderem anderen anderer anderes auch auf aus ausser
bei beide beiden beim bereits besser bin bis bisher bist bitte bleibt brauche brauchen braucht
da dabei dadurch dafur dagegen daher damit danach dank danke dann daran darauf daraus darf darin darum das dass dasselbe davon dazu dein deine dem den denn der deren des deshalb dessen die dies diese diesem diesen dieser dieses doch dort drei du durch durfen
eben ebenso egal ein eine einem einen einer eines einfach einige einmal er erst es etwa etwas euch euer eure
falls fast ferner fur funktioniert
gab gar geben gegen geht gehen gerade gern gerne gestern geworden gibt ging freundlich freundliche freundlichen gleich gruss grusse grussen guten
hab habe haben hallo hat hatte hatten heute hier hilfe hin hinter
ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im immer in ins irgendwie ist
ja jede jedem jeden jeder jedes jedoch jemand jetzt
kam kann kannst kaum kein keine keinem keinen keiner keines komme kommen kommt konnen konnte konnten
lang lange langer lasst leider letzte letzten liebe lieber
mache machen macht mal man manche manchmal mehr mfg mein meine meinem meinen meiner meines meist mich mir mit mochte morgen muss mussen musste
nach nachdem nachher nachste nachsten nein neu neue neuen neuer neues nicht nichts nie niemand noch nun nur
ob obwohl oder oft ohne
paar plotzlich problem probleme
schon sehr sei seid sein seine seinem seinen seiner seit seitdem selber selbst sich sie siehe sind so sobald sofort solche soll sollen sollte sonst soweit sowie statt
tag tage tagen team trotz trotzdem tun tut
uber um und uns unser unsere unserem unseren unter
viel viele vielen vielleicht vom von vor vorher
wahrend wann war waren warum was weder weg wegen weil weiss weiter welche welchem welchen welcher welches wenig wenn wer werde werden wie wieder will wir wird wirklich wo woche wohl wollen wollte worden wurde wurden
zu zum zur zwar zwei zwischen
`

var empty = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(emptyWords) {
		m[w] = true
	}
	return m
}()
