# ruff: noqa: E501 - files of banks have long lines
"""Files of banks: which ones are recognised, and what is read from each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from assistant.errors import BadInput
from assistant.figures.money import bank_camt, bank_csv, bank_mt940, bank_ofx, bank_qif
from assistant.figures.money.bank_days import UnclearDays, day_order, parse_day
from assistant.figures.money.bank_files import Line, Read, decoded, name_after
from assistant.figures.money.csv_columns import Layout, folded

SPARKASSE = """"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
"DE89370400440532013000";"02.01.26";"02.01.26";"KARTENZAHLUNG";"2026-01-02T18:11 Debitk.";"REWE Markt GmbH";"DE75512108001245126199";"X";"-23,45";"EUR";"Umsatz gebucht"
"DE89370400440532013000";"30.01.26";"30.01.26";"GUTSCHRIFT";"Gehalt Januar";"ACME GmbH";"DE02120300000000202051";"X";"3.000,00";"EUR";"Umsatz gebucht"
"""
DKB = """"Girokonto";"DE89370400440532013000"
"Kontostand vom 31.01.2026:";"1.234,56 €"
""
"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";"Kundenreferenz"
"02.01.26";"02.01.26";"Gebucht";"Ana Example";"EDEKA";"Einkauf";"Ausgang";"DE75512108001245126199";"-12,30";""
"03.01.26";"";"Vorgemerkt";"ACME GmbH";"Ana Example";"Gehalt";"Eingang";"DE02120300000000202051";"2.500";""
"04.01.26";"";"Gebucht";"Ana Example";"Kiosk";"";"Ausgang";"DE02120300000000202052";"-0,99";""
"""
REVOLUT = """Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance
CARD_PAYMENT,Current,2026-01-02 10:00:00,2026-01-03 11:00:00,Bakery,-3.50,0.00,EUR,COMPLETED,96.50
ATM,Current,2026-01-04 10:00:00,2026-01-04 10:00:00,Cash,-20.00,1.00,EUR,COMPLETED,75.50
CARD_PAYMENT,Current,2026-01-05 10:00:00,,Hotel,-50.00,0.00,EUR,PENDING,
CARD_PAYMENT,Current,2026-01-05 12:00:00,,Shop,-9.00,0.00,EUR,REVERTED,
EXCHANGE,Current,2026-01-06 10:00:00,2026-01-06 10:00:00,Dollars,10.00,0.00,USD,COMPLETED,10.00
"""
CHASE = """Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #
DEBIT,01/15/2026,"STARBUCKS, STORE 1",-4.75,DEBIT_CARD,1095.25,,
CREDIT,01/14/2026,PAYROLL,1100.00,ACH_CREDIT,1100.00,,
"""
CAPITAL_ONE = """Transaction Date,Posted Date,Card No.,Description,Category,Debit,Credit
2026-01-10,2026-01-11,1234,UBER,Travel,12.00,
2026-01-12,2026-01-13,1234,PAYMENT,Payment,,500.00
"""
FRENCH = "Date;Libellé;Débit;Crédit\n31/01/2026;Boulangerie;-3,20;\n01/02/2026;Salaire;;1 500,00\n"
SOLL_HABEN = (
    "Buchungstag;Empfänger;Betrag;Soll/Haben;Währung\n13.01.2026;Strom AG;50,00;S;EUR\n14.01.2026;Lohn;900,00;H;EUR\n"
)
QIF = """!Account
NGiro
TBank
^
!Type:Bank
D1/31'26
T-1,234.56
PLandlord
MRent January
LHousing
^
D2/13/2026
T-100.00
PMarket
SFood
EVegetables
$-60.00
SHousehold:Cleaning
$-40.00
^
D2/14/2026
T-50.00
PTo savings
L[Savings]
^
"""
OFX1 = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260201<LANGUAGE>ENG<INTU.BID>3000</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>0<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>121000<ACCTID>9876543<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260101<DTEND>20260131
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260115120000[-5:EST]<TRNAMT>-4.75<FITID>F1<NAME>Caf\xe9 &amp; Bar<MEMO>
</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260116<TRNAMT>+1100,00<FITID>F2<NAME>Payroll<MEMO>January</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260117<TRNAMT>-1.00<FITID>F4<CORRECTFITID>F3<CORRECTACTION>REPLACE<NAME>Toll</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>1095.25<DTASOF>20260131</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
OFX2 = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR</CURDEF><CCACCTFROM><ACCTID>4111</ACCTID></CCACCTFROM>
<BANKTRANLIST><DTSTART>20260101</DTSTART><DTEND>20260131</DTEND>
<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260115</DTPOSTED><TRNAMT>-20.00</TRNAMT><FITID>C1</FITID>
<NAME>Hotel</NAME><CURRENCY><CURRATE>1.1</CURRATE><CURSYM>USD</CURSYM></CURRENCY></STMTTRN>
</BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>
"""
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr>
<Stmt><Id>1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">50.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>{booked}</Sts><BookgDt><Dt>2026-01-05</Dt></BookgDt>
<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Cdtr>{open}<Nm>Strom AG</Nm>{close}</Cdtr>
<CdtrAcct><Id><IBAN>DE75512108001245126199</IBAN></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>Abschlag</Ustrd><Ustrd>Januar</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>{booked}</Sts><BookgDt><DtTm>2026-01-06T00:00:00+01:00</DtTm></BookgDt><AcctSvcrRef>R2</AcctSvcrRef>
<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>
<TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">10.00</Amt></TxAmt></AmtDtls><RltdPties><Cdtr>{open}<Nm>A</Nm>{close}</Cdtr></RltdPties></TxDtls>
<TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">20.00</Amt></TxAmt></AmtDtls><RltdPties><Cdtr>{open}<Nm>B</Nm>{close}</Cdtr></RltdPties></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>true</RvslInd><Sts>{pending}</Sts><BookgDt><Dt>2026-01-07</Dt></BookgDt><AddtlNtryInf>Returned debit</AddtlNtryInf></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""
MT940 = """:20:STARTUMSE
:25:37040044/0532013000
:28C:00001/001
:60F:C260101EUR1234,56
:61:2601020102DR50,00NDDTNONREF//POS1
:86:105?00FOLGELASTSCHRIFT?20EREF+12345?22SVWZ+Strom Januar?23 Abschlag?31DE75512108001245126199?32Stadtwerke?33 Musterstadt
:61:2601030103CR1000,00NTRFKREF+//NONREF
:86:166?00GUTSCHRIFT?20SVWZ+Gehalt?31DE02120300000000202051?32ACME GmbH
:61:2512310102RD3,00NMSCNONREF
:86:Returned
:61:2601040104D9,99NTRFNONREF
:86:/TRTP/SEPA/IBAN/NL91ABNA0417164300/NAME/Albert Heijn/REMI/Boodschappen/EREF/1
:62F:C260104EUR2181,56
-}
"""


def camt(version: int) -> str:
    new = version >= 8
    status = {"booked": "<Cd>BOOK</Cd>", "pending": "<Cd>PDNG</Cd>"} if new else {"booked": "BOOK", "pending": "PDNG"}
    party = {"open": "<Pty>", "close": "</Pty>"} if new else {"open": "", "close": ""}
    return CAMT.format(version=f"{version:02}", **status, **party)


def csv_of(text: str, said: Layout | None = None) -> Read:
    table = bank_csv.table_of(text)
    assert table is not None
    return bank_csv.read_table(table, said or Layout(), "export.csv")


def lines_of(read: Read) -> list[Line]:
    return [line for statement in read.statements for line in statement.lines]


def told(read: Read) -> list[tuple[str, str, str]]:
    return [(line.booked_on.isoformat(), str(line.amount), line.payee) for line in lines_of(read)]


FILES = {
    "csv": (bank_csv, [SPARKASSE, DKB, REVOLUT, CHASE, CAPITAL_ONE, FRENCH, SOLL_HABEN]),
    "qif": (bank_qif, [QIF]),
    "ofx": (bank_ofx, [OFX1, OFX2]),
    "camt": (bank_camt, [camt(2), camt(8)]),
    "mt940": (bank_mt940, [MT940]),
}
OTHERS = [
    "", "# Notes\n\nBuy milk, eggs; and bread.\n", '{"data": {"metrics": []}}', "<html><body>Date, Amount</body></html>",
    "Date,Task,Done\n2026-01-01,Water plants,yes\n2026-01-02,Call Ben,no\n", "date,weight\n2026-01-01,72.50\n2026-01-02,72.30\n",
    "Name,Email,Phone\nAna,a@example.org,123\n", '<?xml version="1.0"?><HealthData locale="en"></HealthData>',
    "date,value\n2026-01-01,72.5\n", "Monday: paid rent; 20:15 film\nTuesday: -\n",
]  # fmt: skip


def test_each_format_is_recognised_by_its_content_and_only_as_itself() -> None:
    for name, (_, texts) in FILES.items():
        for text in texts:
            data = text.encode()
            found = [other for other, (module, _) in FILES.items() if module.recognises(Path("file.txt"), data[:65536])]
            assert found == [name], text[:60]


def test_what_is_no_banks_file_is_not_taken_for_one() -> None:
    for text in OTHERS:
        found = [name for name, (module, _) in FILES.items() if module.recognises(Path("bank.csv"), text.encode())]
        assert found == [], text[:60]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_csv_is_read_in_every_encoding(encoding: str, newline: str) -> None:
    data = DKB.replace("EDEKA", "Bäckerei Müller").replace("\n", newline).encode(encoding)
    assert bank_csv.recognises(Path("x"), data)
    assert told(csv_of(decoded(data)))[0] == ("2026-01-02", "-12.30", "Bäckerei Müller")


def test_a_head_that_ends_inside_a_letter_is_still_utf_8() -> None:
    assert decoded("Müller".encode()[:2]) == "M"


def test_a_german_banks_csv_names_its_account_payees_and_currency() -> None:
    read = csv_of(SPARKASSE)
    assert [(each.number, each.currency) for each in read.statements] == [("DE89370400440532013000", "EUR")]
    assert told(read) == [("2026-01-02", "-23.45", "REWE Markt GmbH"), ("2026-01-30", "3000.00", "ACME GmbH")]
    assert lines_of(read)[0].counter_number == "DE75512108001245126199"
    assert lines_of(read)[1].memo == "Gehalt Januar"


def test_lines_before_the_header_give_account_and_balance() -> None:
    read = csv_of(DKB)
    (statement,) = read.statements
    assert (statement.number, statement.currency) == ("DE89370400440532013000", "EUR")
    assert (statement.balance, statement.balance_on) == (Decimal("1234.56"), dt.date(2026, 1, 31))
    assert told(read) == [
        ("2026-01-02", "-12.30", "EDEKA"), ("2026-01-03", "2500", "ACME GmbH"), ("2026-01-04", "-0.99", "Kiosk"),
    ]  # fmt: skip
    assert [line.mark for line in lines_of(read)] == ["", "pending", ""]


def test_fees_pending_lines_and_two_currencies_of_one_account() -> None:
    read = csv_of(REVOLUT)
    assert [(each.currency, each.balance) for each in read.statements] == [("EUR", None), ("USD", Decimal("10.00"))]
    assert told(read) == [
        ("2026-01-03", "-3.50", "Bakery"), ("2026-01-04", "-21.00", "Cash"), ("2026-01-05", "-50.00", "Hotel"),
        ("2026-01-06", "10.00", "Dollars"),
    ]  # fmt: skip
    assert [line.mark for line in lines_of(read)] == ["", "", "pending", ""]
    assert any("not carried out" in note for note in read.notes)


def test_american_days_quoted_commas_and_a_running_balance() -> None:
    read = csv_of(CHASE)
    assert told(read) == [("2026-01-15", "-4.75", "STARBUCKS, STORE 1"), ("2026-01-14", "1100.00", "PAYROLL")]
    assert (read.statements[0].balance, read.statements[0].balance_on) == (Decimal("1095.25"), dt.date(2026, 1, 15))


def test_columns_for_what_went_out_and_what_came_in() -> None:
    assert [line.amount for line in lines_of(csv_of(CAPITAL_ONE))] == [Decimal("-12.00"), Decimal("500.00")]
    assert lines_of(csv_of(CAPITAL_ONE))[0].category == "Travel"
    assert told(csv_of(FRENCH)) == [("2026-01-31", "-3.20", "Boulangerie"), ("2026-02-01", "1500.00", "Salaire")]
    assert [line.amount for line in lines_of(csv_of(SOLL_HABEN))] == [Decimal("-50.00"), Decimal("900.00")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["Date", "Payee", "Amount"], ["2026-01-02", "A", "-1.00"], ["2026-01-03", "B", "2.50"]]
    text = "sep=;\n" * (delimiter == ";") + "\n".join(delimiter.join(row) for row in rows)
    assert told(csv_of(text)) == [("2026-01-02", "-1.00", "A"), ("2026-01-03", "2.50", "B")]


def test_days_that_could_be_two_are_asked_and_then_read_as_said() -> None:
    text = "Date,Payee,Amount\n03/04/2026,A,-1.00\n05/06/2026,B,-2.00\n"
    with pytest.raises(BadInput, match=r"twinning money mapping export\.csv --days dmy"):
        csv_of(text)
    assert told(csv_of(text, Layout(days="dmy")))[0][0] == "2026-04-03"
    assert told(csv_of(text, Layout(days="mdy")))[0][0] == "2026-03-04"
    assert told(csv_of(text + "31/12/2026,C,-3.00\n"))[0][0] == "2026-04-03"


def test_columns_that_cannot_be_told_are_asked_and_then_read_as_said() -> None:
    text = "Wann,Wieviel,Wo\n2026-01-02,-1.00,Kiosk\n2026-01-03,-2.50,Bar\n"
    assert bank_csv.recognises(Path("x.csv"), text.encode())
    with pytest.raises(BadInput, match=r"money mapping export\.csv --date COLUMN --amount COLUMN.*Wann, Wieviel, Wo"):
        csv_of(text)
    said = Layout(date="wann", amount="Wieviel", payee="3", currency="CHF")
    assert told(csv_of(text, said)) == [("2026-01-02", "-1.00", "Kiosk"), ("2026-01-03", "-2.50", "Bar")]
    assert csv_of(text, said).statements[0].currency == "CHF"
    with pytest.raises(BadInput, match="no column “Nowhere”; there are: Wann, Wieviel, Wo"):
        csv_of(text, Layout(date="Nowhere", amount="Wieviel"))


def test_a_csv_without_a_header_is_asked_and_read_by_the_numbers_of_its_columns() -> None:
    text = '"01/31/2026","-50.00","*","","SHOP ONE"\n"01/30/2026","-3.00","*","","SHOP TWO"\n'
    assert bank_csv.recognises(Path("x.csv"), text.encode())
    with pytest.raises(BadInput, match="--date COLUMN"):
        csv_of(text)
    assert told(csv_of(text, Layout(date="1", amount="2", payee="5")))[0] == ("2026-01-31", "-50.00", "SHOP ONE")


def test_a_card_that_writes_spending_without_a_minus_is_noted_and_turned_round() -> None:
    text = "Date,Description,Amount\n" + "".join(f"2026-01-{day:02},Shop,{day}.00\n" for day in range(1, 7))
    assert any("--flip" in note for note in csv_of(text).notes)
    assert all(line.amount < 0 for line in lines_of(csv_of(text, Layout(flip=True))))


def test_a_line_that_cannot_be_read_is_named_and_the_others_are_kept() -> None:
    text = "Date,Payee,Amount\n" + "2026-01-02,A,-1.00\n" * 9 + "2026-02-31,B,-1.00\nTotal,,-10.00\n"
    read = csv_of(text)
    assert len(lines_of(read)) == 9
    assert "row 11: “2026-02-31” is no day." in read.notes[0]


def test_a_table_with_unreadable_amounts_is_refused_and_asks() -> None:
    with pytest.raises(BadInput, match="cannot be read as transactions"):
        csv_of("Date,Payee,Amount\n" + "2026-01-02,A,many\n2026-01-03,B,1..2\n" * 5)


def test_headers_are_compared_without_accents_signs_and_units() -> None:
    assert folded(" Betrag (€) ") == folded("BETRAG in EUR") == "betrag"
    assert folded("Zahlungsempfänger*in") == "zahlungsempfanger in"
    assert folded("Währung") == "wahrung"


def test_a_name_for_the_account_comes_from_the_files_name() -> None:
    assert name_after(Path("giro-2026-01.csv")) == name_after(Path("Giro_2026-02 (1).csv")) == "giro"
    assert name_after(Path("export_jan.csv")) == name_after(Path("umsaetze-2.csv")) == "bank account"
    assert name_after(Path("Joint Savings.qif")) == "joint savings"


def test_qif_keeps_splits_and_transfers() -> None:
    read = bank_qif.read_text(QIF, Layout(), "giro.qif")
    assert [(each.name, each.number) for each in read.statements] == [("Giro", "")]
    lines = lines_of(read)
    assert told(read) == [
        ("2026-01-31", "-1234.56", "Landlord"), ("2026-02-13", "-60.00", "Market"), ("2026-02-13", "-40.00", "Market"),
        ("2026-02-14", "-50.00", "To savings"),
    ]  # fmt: skip
    assert [line.category for line in lines] == ["Housing", "Food", "Household:Cleaning", ""]
    assert lines[1].split_of == lines[2].split_of is not None
    assert lines[1].memo == "Vegetables"
    assert (lines[3].kind, lines[3].original["to_account"]) == ("transfer", "Savings")


def test_qif_asks_for_the_order_of_its_days() -> None:
    text = "!Type:Bank\nD03/04/26\nT-1.00\n^\n"
    with pytest.raises(BadInput, match="--days dmy"):
        bank_qif.read_text(text, Layout(), "a.qif")
    assert told(bank_qif.read_text(text, Layout(days="dmy"), "a.qif"))[0][0] == "2026-04-03"


def test_qif_says_what_is_not_read() -> None:
    with_stocks = QIF + "!Type:Invst\nD1/1/26\nNBuy\n^\n"
    assert "Invst" in bank_qif.read_text(with_stocks, Layout(), "a.qif").notes[0]
    with pytest.raises(BadInput, match="no transactions"):
        bank_qif.read_text("!Type:Cat\nNFood\n^\n", Layout(), "a.qif")


def test_ofx_in_sgml_with_open_and_empty_elements() -> None:
    read = bank_ofx.read_text(decoded(OFX1.encode("cp1252")), "a.ofx")
    (statement,) = read.statements
    assert (statement.number, statement.currency, statement.kind) == ("9876543", "USD", "asset")
    assert (statement.balance, statement.balance_on) == (Decimal("1095.25"), dt.date(2026, 1, 31))
    assert told(read) == [
        ("2026-01-15", "-4.75", "Café & Bar"), ("2026-01-16", "1100.00", "Payroll"), ("2026-01-17", "-1.00", "Toll"),
    ]  # fmt: skip
    assert [line.source_id for line in lines_of(read)] == ["F1", "F2", "F4"]
    assert list(read.gone) == ["F3"]


def test_ofx_in_xml_of_a_card_in_another_currency() -> None:
    (statement,) = bank_ofx.read_text(OFX2, "a.ofx").statements
    assert (statement.kind, statement.currency, statement.lines[0].currency) == ("card", "EUR", "USD")


def test_ofx_that_is_broken_off_is_refused() -> None:
    for text in ("OFXHEADER:100\n", OFX1[:900], "<OFX></OFX>"):
        with pytest.raises(BadInput):
            bank_ofx.read_text(text, "a.ofx")


@pytest.mark.parametrize("version", [2, 4, 8, 13])
def test_camt_with_a_batch_a_reversal_and_what_is_pending(version: int) -> None:
    read = bank_camt.read_xml(camt(version).encode(), "a.xml")
    (statement,) = read.statements
    assert (statement.number, statement.currency) == ("DE89370400440532013000", "EUR")
    assert (statement.balance, statement.balance_on) == (Decimal("-100.00"), dt.date(2026, 1, 31))
    assert told(read) == [
        ("2026-01-05", "-50.00", "Strom AG"), ("2026-01-06", "-10.00", "A"), ("2026-01-06", "-20.00", "B"),
        ("2026-01-07", "7.00", "Returned debit"),
    ]  # fmt: skip
    first, part, other, back = statement.lines
    assert (first.memo, first.counter_number, first.source_id) == (
        "Abschlag Januar", "DE75512108001245126199", "2026-01-05:R1",
    )  # fmt: skip
    assert part.split_of == other.split_of == "2026-01-06:R2"
    assert part.source_id != other.source_id
    assert (back.kind, back.mark) == ("refund", "pending")


def test_camt_with_entities_or_broken_off_is_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>' + camt(2).split("?>", 1)[1].replace("Strom AG", "&a;")
    assert bank_camt.recognises(Path("x"), bomb.encode())
    with pytest.raises(BadInput, match="document type"):
        bank_camt.read_xml(bomb.encode(), "a.xml")
    far = camt(2).replace(
        "?>", "?>" + "<!-- -->" * 9000 + '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>', 1
    )
    with pytest.raises(BadInput):
        bank_camt.read_xml(far.replace("Strom AG", "&a;").encode(), "a.xml")
    with pytest.raises(BadInput, match="broken off"):
        bank_camt.read_xml(camt(2)[:-400].encode(), "a.xml")


def test_camt_with_amounts_that_are_none_names_them() -> None:
    read = bank_camt.read_xml(camt(2).replace(">50.00<", ">NaN<").encode(), "a.xml")
    assert len(lines_of(read)) == 3
    assert "NaN" in read.notes[0]


def test_mt940_of_german_and_dutch_banks() -> None:
    read = bank_mt940.read_text(MT940, "a.sta")
    (statement,) = read.statements
    assert (statement.number, statement.currency) == ("DE89370400440532013000", "EUR")
    assert (statement.balance, statement.balance_on) == (Decimal("2181.56"), dt.date(2026, 1, 4))
    assert told(read) == [
        ("2026-01-02", "-50.00", "Stadtwerke Musterstadt"), ("2026-01-03", "1000.00", "ACME GmbH"),
        ("2026-01-02", "3.00", "Returned"), ("2026-01-04", "-9.99", "Albert Heijn"),
    ]  # fmt: skip
    assert [line.source_id for line in statement.lines] == ["2026-01-02:POS1", None, None, None]
    assert statement.lines[0].memo == "Strom Januar Abschlag"
    assert statement.lines[2].kind == "refund"
    assert (statement.lines[3].counter_number, statement.lines[3].memo) == ("NL91ABNA0417164300", "Boodschappen")


def test_mt940_without_statements_is_refused() -> None:
    with pytest.raises(BadInput):
        bank_mt940.read_text(":20:X\n:25:1\n:60F:nonsense\n", "a.sta")


def test_german_account_numbers_become_ibans() -> None:
    assert bank_mt940.account_number("37040044/0532013000") == "DE89370400440532013000"
    assert bank_mt940.account_number("37040044/532013000EUR") == "DE89370400440532013000"
    assert bank_mt940.account_number("NL91ABNA0417164300EUR") == "NL91ABNA0417164300"
    assert bank_mt940.account_number("12345678") == "12345678"


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-01-31", "", "2026-01-31"),
        ("2026-01-31T23:59:00+01:00", "", "2026-01-31"),
        ("31.01.2026", "", "2026-01-31"),
        ("31.1.26", "", "2026-01-31"),
        ("03.04.26", "mdy", "2026-04-03"),
        ("1/31/2026", "mdy", "2026-01-31"),
        ("1/31'26", "mdy", "2026-01-31"),
        ("31/01/99", "dmy", "1999-01-31"),
        ("20260131", "", "2026-01-31"),
        ("31012026", "", "2026-01-31"),
        ("31 Jan 2026", "", "2026-01-31"),
        ("31-Dez-26", "", "2026-12-31"),
        ("31. Januar 2026", "", "2026-01-31"),
        ("3. März 2026", "", "2026-03-03"),
        ("Jan 31, 2026", "", "2026-01-31"),
        ("31 janvier 2026", "", "2026-01-31"),
        ("2026/01/31 10:00", "", "2026-01-31"),
    ],
)
def test_days_are_read_as_banks_write_them(text: str, order: str, day: str) -> None:
    assert parse_day(text, order).isoformat() == day


@pytest.mark.parametrize("text", ["", "soon", "31.02.2026", "2026-13-01", "12", "1.234,56", "31 Foo 2026"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_day(text)


def test_the_order_of_days_is_that_of_the_whole_column() -> None:
    assert day_order(["03/04/2026", "05/13/2026"]) == "mdy"
    assert day_order(["03/04/2026", "13/05/2026"]) == "dmy"
    assert day_order(["03.04.2026"]) == "dmy"
    assert day_order(["2026-03-04"]) == "ymd"
    assert day_order(["04/04/2026"]) == ""
    for column in (["03/04/2026"], ["13/04/2026", "04/13/2026"]):
        with pytest.raises(UnclearDays):
            day_order(column)
