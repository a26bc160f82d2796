# One public subnet that is reached over IPv4 and IPv6 on the ports of the dashboard, and on nothing else.

locals {
  # What the public may reach: web, and frps, which the edges dial in to.
  public_rules = merge([
    for port in var.public_ports : {
      "${port}-v4" = { port = port, ipv4 = "0.0.0.0/0", ipv6 = null }
      "${port}-v6" = { port = port, ipv4 = null, ipv6 = "::/0" }
    }
  ]...)
  extra_rules = {
    for rule in var.extra_ingress : "${rule.port}-${rule.cidr}" => {
      port = rule.port
      ipv4 = strcontains(rule.cidr, ":") ? null : rule.cidr
      ipv6 = strcontains(rule.cidr, ":") ? rule.cidr : null
    }
  }
  ingress = merge(local.public_rules, local.extra_rules)
  # A number that changes replaces its rule: those of the public ports do not depend on the others.
  numbers = merge(
    { for index, key in keys(local.public_rules) : key => 200 + 10 * index },
    { for index, rule in var.extra_ingress : "${rule.port}-${rule.cidr}" => 1000 + 10 * index },
  )
}

resource "aws_vpc" "main" {
  # checkov:skip=CKV2_AWS_11: flow logs cost money by the gigabyte; the ports that are open are few
  # checkov:skip=CKV2_AWS_12: nothing is in the default security group, and adopting it would touch what others may have put there
  cidr_block                       = var.vpc_cidr
  assign_generated_ipv6_cidr_block = true
  enable_dns_support               = true
  enable_dns_hostnames             = true
  tags                             = { Name = "${var.name}-vpc" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "${var.name}-gateway" }
}

locals {
  # Empty in the state of an adopted VPC that had none; known only after the apply that gives it one.
  has_ipv6 = aws_vpc.main.ipv6_cidr_block != ""
}

resource "aws_subnet" "main" {
  vpc_id                          = aws_vpc.main.id
  cidr_block                      = cidrsubnet(var.vpc_cidr, 8, 0)
  ipv6_cidr_block                 = local.has_ipv6 ? cidrsubnet(aws_vpc.main.ipv6_cidr_block, 8, 0) : null
  assign_ipv6_address_on_creation = local.has_ipv6
  availability_zone               = var.availability_zone
  tags                            = { Name = "${var.name}-public" }
  lifecycle {
    # An adopted subnet stays where it is: these would replace it.
    ignore_changes = [availability_zone, cidr_block]
  }
}

resource "aws_route_table" "main" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
  route {
    ipv6_cidr_block = "::/0"
    gateway_id      = aws_internet_gateway.main.id
  }
  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table_association" "main" {
  subnet_id      = aws_subnet.main.id
  route_table_id = aws_route_table.main.id
}

resource "aws_vpc_dhcp_options" "main" {
  domain_name_servers = ["AmazonProvidedDNS"]
  tags                = { Name = "${var.name}-dhcp" }
}

resource "aws_vpc_dhcp_options_association" "main" {
  vpc_id          = aws_vpc.main.id
  dhcp_options_id = aws_vpc_dhcp_options.main.id
}

resource "aws_security_group" "public" {
  # checkov:skip=CKV_AWS_382: the host fetches packages, images, sources and parameters from many addresses
  # checkov:skip=CKV2_AWS_5: the hosts of terraform/deployments are in it
  name        = "${var.name}-public"
  description = "The ports of the dashboard"
  vpc_id      = aws_vpc.main.id
  # Written here, not as resources of their own: rules that an adopted group has besides would stay.
  dynamic "ingress" {
    for_each = local.ingress
    content {
      description      = ingress.key
      protocol         = "tcp"
      from_port        = ingress.value.port
      to_port          = ingress.value.port
      cidr_blocks      = compact([ingress.value.ipv4])
      ipv6_cidr_blocks = compact([ingress.value.ipv6])
    }
  }
  egress {
    description      = "everything"
    protocol         = "-1"
    from_port        = 0
    to_port          = 0
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
  tags = { Name = "${var.name}-public" }
  lifecycle {
    # Either would replace a group that a host is in.
    ignore_changes = [name, description]
  }
}

resource "aws_network_acl" "public" {
  # checkov:skip=CKV2_AWS_1: aws_network_acl_association attaches it
  vpc_id = aws_vpc.main.id
  tags   = { Name = "${var.name}-public" }
}

resource "aws_network_acl_association" "main" {
  network_acl_id = aws_network_acl.public.id
  subnet_id      = aws_subnet.main.id
}

resource "aws_network_acl_rule" "ingress" {
  for_each        = local.ingress
  network_acl_id  = aws_network_acl.public.id
  rule_number     = local.numbers[each.key]
  egress          = false
  protocol        = "tcp"
  rule_action     = "allow"
  cidr_block      = each.value.ipv4
  ipv6_cidr_block = each.value.ipv6
  from_port       = each.value.port
  to_port         = each.value.port
}

# A network ACL keeps no state: answers to what the host asked come back on high ports.
resource "aws_network_acl_rule" "answers" {
  for_each        = { tcp-v4 = ["tcp", "0.0.0.0/0", null], tcp-v6 = ["tcp", null, "::/0"], udp-v4 = ["udp", "0.0.0.0/0", null], udp-v6 = ["udp", null, "::/0"] }
  network_acl_id  = aws_network_acl.public.id
  rule_number     = 100 + 10 * index(["tcp-v4", "tcp-v6", "udp-v4", "udp-v6"], each.key)
  egress          = false
  protocol        = each.value[0]
  rule_action     = "allow"
  cidr_block      = each.value[1]
  ipv6_cidr_block = each.value[2]
  from_port       = 32768
  to_port         = 65535
}

resource "aws_network_acl_rule" "egress" {
  for_each        = { v4 = ["0.0.0.0/0", null], v6 = [null, "::/0"] }
  network_acl_id  = aws_network_acl.public.id
  rule_number     = each.key == "v4" ? 100 : 110
  egress          = true
  protocol        = "-1"
  rule_action     = "allow"
  cidr_block      = each.value[0]
  ipv6_cidr_block = each.value[1]
}

# Names of the roots that this one takes over. The old rules allowed everything: one becomes the first of the new.
moved {
  from = aws_security_group.allow_all
  to   = aws_security_group.public
}

moved {
  from = aws_network_acl.allow_all
  to   = aws_network_acl.public
}

moved {
  from = aws_network_acl_rule.allow_all_inbound
  to   = aws_network_acl_rule.ingress["443-v4"]
}

moved {
  from = aws_network_acl_rule.allow_all_outbound
  to   = aws_network_acl_rule.egress["v4"]
}
