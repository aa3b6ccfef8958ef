"""Invented releases, of the length and tone of real ones, in the languages that the sources write."""

# ruff: noqa: E501 (documents, one a line)

EN_TRIAL = (
    "Basel, Switzerland – Ostrava Therapeutics today announced positive topline results from its Phase 3 study of OST-114, "
    "an investigational once-monthly injection, in 412 adults with a chronic pain condition.",
    "The study met its primary endpoint: patients who received OST-114 reported a reduction of 2.4 points in the weekly "
    "average pain score at week 24, against 1.1 points for placebo (p<0.001). The effect was maintained through week 52.",
    "“Patients have waited a long time for an option that does not depend on a daily tablet,” said the study's lead "
    "investigator. “These data show that a monthly visit can be enough for many of them.”",
    "The most common adverse events were injection-site reactions (9.1 %), headache (4.6 %) and nausea (3.2 %). No "
    "treatment-related serious adverse event was reported, and 88 % of the patients completed the trial.",
    "The company plans to submit a marketing application in the first half of next year and will present the full data "
    "at a medical meeting. A second study in adolescents is enrolling at 41 sites in nine countries.",
)
EN_DEAL = (
    "Lund – Nordvik Pharma and Brightwater Biosciences have entered into an exclusive licence agreement for the "
    "development and commercialisation of a six-month subcutaneous formulation of an undisclosed peptide.",
    "Under the terms of the agreement, Nordvik receives an upfront payment of EUR 18 million and is eligible for "
    "milestones of up to EUR 240 million, together with tiered royalties in the mid-single digits on net sales.",
    "Brightwater will be responsible for clinical development, regulatory affairs and sales worldwide, except in the "
    "Nordic countries, where Nordvik keeps all rights and will supply the product from its plant in Malmö.",
    "The first clinical study is expected to start within twelve months. Both companies have agreed to form a joint "
    "steering committee that meets every quarter and decides on the dose and the injection device.",
)
EN_APPROVAL = (
    "The regulator has approved Velmaris, a prefilled syringe given every eight weeks, for the maintenance treatment of "
    "adults with moderate to severe disease, Harrow & Finch said.",
    "The approval rests on two randomised trials in 1,127 patients. In both, fewer patients relapsed with the injection "
    "than with the oral comparator, and hospital admissions fell by roughly a third over eighteen months.",
    "Velmaris will be available in pharmacies from March. The list price has not been disclosed; the company says that "
    "it is talking to payers and that a support programme will cover the first two injections.",
    "Analysts expect peak sales of about $600 million. A competing product from a larger company is under review, with "
    "a decision due in the summer, and two generic manufacturers have challenged the patents.",
    "The label carries a warning about post-injection sedation; patients have to be observed for thirty minutes after "
    "the first administration, a requirement that the company hopes to have lifted with further data.",
)
EN_GRANT = (
    "Turku, Finland – Silika Delivery has been awarded a grant of USD 3.1 million to develop a biodegradable implant that "
    "releases a contraceptive for at least one year after a single injection.",
    "The three-year project will be carried out together with two universities and a clinic in Nairobi, and covers "
    "formulation, preclinical safety and the scale-up of manufacturing under clean-room conditions.",
    "“The need for products that women can use discreetly, without frequent visits, is enormous,” said the head of "
    "research. “With this support we can take our platform to the clinic two years earlier than planned.”",
)
EN_SUPPLY = (
    "Corvane Manufacturing will expand its site in Galway with a second aseptic filling line for suspensions, an "
    "investment of 55 million euros that creates 120 jobs by the end of 2027.",
    "The line fills up to 9,000 vials an hour and is designed for viscous products that clog conventional pumps. It "
    "uses isolators and single-use tubing, so that a change of product takes four hours rather than two days.",
    "Construction starts in April and qualification is planned for the following spring. The first customer has reserved "
    "forty per cent of the capacity for five years, and talks with two others are under way.",
    "Corvane expects that demand for sterile suspensions will grow by twelve per cent a year, driven by products that "
    "are given every one, three or six months, and by the return of production to Europe.",
)
FR_ESSAI = (
    "Montpellier, France – Occitanie Biologics annonce ce jour l’inclusion du premier patient dans l’étude de phase 2 "
    "évaluant sa formulation injectable à libération prolongée dans la prise en charge de la douleur postopératoire.",
    "L’étude, randomisée et en double aveugle, doit inclure 180 patients dans douze centres en France et en Belgique. Le "
    "critère principal est la consommation de morphine durant les soixante-douze heures qui suivent l’intervention.",
    "« Cette étape marque l’aboutissement de quatre années de travail », a déclaré la directrice générale. « Les premiers "
    "résultats sont attendus au troisième trimestre de l’année prochaine. »",
    "La société dispose d’une trésorerie de 23,4 millions d’euros, qui lui permet de financer ses activités jusqu’à la "
    "fin du premier semestre 2027, hors paiements d’étape de ses partenaires.",
)
DE_LIZENZ = (
    "Martinsried – Die Rheinwerk Arzneimittel AG hat mit einem japanischen Partner einen Lizenzvertrag über ihre "
    "Depotplattform geschlossen, mit der Wirkstoffe über bis zu sechs Monate freigesetzt werden.",
    "Der Partner erhält die Rechte für Japan, Südkorea und Taiwan und zahlt dafür zunächst 12 Millionen Euro. Hinzu "
    "kommen Meilensteinzahlungen von bis zu 150 Millionen Euro sowie eine Umsatzbeteiligung.",
    "„Mit diesem Vertrag erschließen wir einen der wichtigsten Märkte für langwirksame Präparate“, sagte der Vorstand. "
    "„Die Herstellung bleibt in München, wo wir gerade eine zweite Linie in Betrieb nehmen.“",
    "Die erste klinische Prüfung soll im Herbst beginnen. Das Unternehmen bestätigt seine Prognose für das laufende "
    "Geschäftsjahr und rechnet weiterhin mit einem Umsatz zwischen 40 und 44 Millionen Euro.",
)
SV_STUDIE = (
    "Uppsala – Mälardalen Pharma meddelar att den första patienten har doserats i bolagets fas 1-studie med en "
    "långtidsverkande formulering som ges en gång i månaden genom injektion under huden.",
    "Studien omfattar 32 friska frivilliga vid två kliniker i Sverige. Syftet är att utvärdera säkerhet, tolerabilitet "
    "och läkemedlets frisättning under tolv veckor vid tre olika dosnivåer.",
    "”Vi är mycket glada över att ha nått denna milstolpe enligt plan”, säger bolagets vd. ”De första resultaten väntas "
    "under våren och avgör vilken dos vi tar vidare till patienter.”",
    "Bolaget har sedan tidigare ett samarbete med ett större europeiskt läkemedelsbolag, som har option på de globala "
    "rättigheterna när studien är avslutad.",
)
KO_NEWS = (
    "한빛바이오는 자사의 1개월 지속형 주사제에 대한 임상 1상 시험계획을 식품의약품안전처로부터 승인받았다고 밝혔다.",
    "이번 임상은 건강한 성인 48명을 대상으로 서울의 한 대학병원에서 진행되며, 안전성과 약동학을 평가하는 것이 목적이다.",
    "회사 관계자는 내년 상반기에 첫 결과를 발표할 계획이며, 해외 제약사와 기술이전 협의를 계속하고 있다고 설명했다.",
    "한빛바이오의 미립구 플랫폼은 약물을 최대 3개월 동안 일정하게 방출하도록 설계되었으며, 오송 공장에서 생산된다.",
)
ABOUT = (
    "About the company: it develops injectable medicines that act for weeks or months and sells two products in Europe "
    "through its own organisation and elsewhere through partners.",
)
