"""Facts of the verticals that a reader would miss: what is sold, with its substance and company."""

import pytest

from shared.config.tree import ConfigTree

SOLD = (
    ("Rekambys", "rilpivirine", "Johnson & Johnson"),
    ("Vocabria", "cabotegravir", "ViiV Healthcare"),
    ("Ozurdex", "dexamethasone", "AbbVie"),
    ("Iluvien", "fluocinolone acetonide", "ANI Pharmaceuticals"),
    ("Yutiq", "fluocinolone acetonide", "ANI Pharmaceuticals"),
    ("Supprelin LA", "histrelin", "Endo International"),
    ("Xaracoll", "bupivacaine", "Innocoll"),
    ("Nexplanon", "etonogestrel", "Organon"),
    ("Scenesse", "afamelanotide", "Clinuvel"),
    ("Durysta", "bimatoprost", "AbbVie"),
    ("Clopixol Depot", "zuclopenthixol decanoate", "Lundbeck"),
    ("Fluanxol Depot", "flupentixol decanoate", "Lundbeck"),
    ("Testopel", "testosterone", "Endo International"),
    ("Prostap", "leuprorelin", "Takeda"),
    ("Trelstar", "triptorelin", "Verity Pharmaceuticals"),
    ("Triptodur", "triptorelin", "Azurity Pharmaceuticals"),
    ("Nebido", "testosterone", "Grünenthal"),
    ("Xipere", "triamcinolone", "Bausch + Lomb"),
    ("Invega Sustenna", "paliperidone", "Johnson & Johnson"),
)


@pytest.mark.parametrize(("name", "molecule", "company"), SOLD, ids=[name for name, _, _ in SOLD])
def test_a_product_is_in_scope_with_substance_and_company(
    tree: ConfigTree, name: str, molecule: str, company: str
) -> None:
    known = tree.entity_by_alias("trademark", name)
    assert known
    product = tree.trademark(known.id)
    assert product.id in tree.trademark_scopes["lai_trademarks_global"]
    assert product.molecule_id in tree.molecule_scopes["lai_molecules_global"]
    assert product.company_id in tree.company_scopes["lai_companies_global"]
    assert (tree.molecule(product.molecule_id).name, tree.company(product.company_id).name) == (molecule, company)
    assert product.source


def test_a_product_without_a_company_is_one_whose_seller_is_not_certain(tree: ConfigTree) -> None:
    """Sold by several, or handed on more than once."""
    unknown = {product.id for product in tree.trademarks.values() if not product.company_id}
    assert unknown == {"depodur", "elocta", "lutrate-depot", "plenaxis", "posimir", "probuphine"}
